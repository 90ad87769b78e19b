"""`lifespan` inside the real frameworks: what starts has the right schema, what has not does not start."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from litestar import Litestar, get
from litestar.testing import TestClient as LitestarClient
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import whimbrel
from support.databases import ASYNC, tables, through, version_rows
from support.projects import linear, native_project
from whimbrel import errors

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the newest want httpx2, which those before do not know
    from starlette.testclient import TestClient

Serve = Callable[[Any], Any]


def fastapi_app(lifespan: Any) -> Any:
    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    def root(request: Request) -> dict[str, Any]:
        return {"state": getattr(request.state, "pool", None)}

    return TestClient(app)


def starlette_app(lifespan: Any) -> Any:
    def root(request: Request) -> JSONResponse:
        return JSONResponse({"state": getattr(request.state, "pool", None)})

    return TestClient(Starlette(routes=[Route("/", root)], lifespan=lifespan))


def litestar_app(lifespan: Any) -> Any:
    @get("/")
    async def root() -> dict[str, Any]:
        return {"state": None}

    return LitestarClient(Litestar([root], lifespan=[lifespan]))


SERVERS: dict[str, Serve] = {"fastapi": fastapi_app, "starlette": starlette_app, "litestar": litestar_app}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return native_project(tmp_path / "p", "sqlite://", linear("aaaa", "bbbb"))


def causes(error: BaseException) -> list[BaseException]:
    """An error, those in its groups, and what they were raised from: frameworks wrap what fails at start-up."""
    parts = getattr(error, "exceptions", ())
    return [error, *(found for part in (*parts, error.__cause__) if part is not None for found in causes(part))]


@pytest.mark.parametrize("serve", SERVERS.values(), ids=SERVERS)
def test_upgrade_brings_the_database_to_head_before_anything_is_served(
    serve: Serve, kind: str, url: str, folder: Path
) -> None:
    engine = create_async_engine(through(url, ASYNC[kind]), poolclass=NullPool)
    with serve(whimbrel.lifespan(engine, on_start="upgrade", folder=folder)) as client:
        assert client.get("/").status_code == 200
        assert version_rows(url) == {"bbbb"}


@pytest.mark.parametrize("serve", SERVERS.values(), ids=SERVERS)
def test_check_refuses_to_start_with_a_database_behind(serve: Serve, kind: str, url: str, folder: Path) -> None:
    engine = create_async_engine(through(url, ASYNC[kind]), poolclass=NullPool)
    with pytest.raises(BaseException) as failed, serve(whimbrel.lifespan(engine, folder=folder)):  # noqa: PT011
        pass
    [refused] = [error for error in causes(failed.value) if isinstance(error, errors.DatabaseNotReady)]
    assert refused.what == "the database is 2 revisions behind"
    assert tables(url) == set()
    whimbrel.ensure_schema(url, folder=folder)
    with serve(whimbrel.lifespan(engine, folder=folder)) as client:
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("serve", SERVERS.values(), ids=SERVERS)
def test_off_does_nothing(serve: Serve, folder: Path, tmp_path: Path) -> None:
    with serve(whimbrel.lifespan(f"sqlite:///{tmp_path}/no/app.db", on_start="off", folder=folder)) as client:
        assert client.get("/").status_code == 200
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("serve", [fastapi_app, starlette_app])
def test_the_applications_own_lifespan_comes_behind_it_and_its_state_is_handed_on(
    serve: Serve, folder: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    seen: list[str] = []

    @asynccontextmanager
    async def own(app: Any) -> AsyncIterator[dict[str, str]]:
        seen.extend(version_rows(url))
        yield {"pool": "mine"}
        seen.append("ended")

    with serve(whimbrel.lifespan(url, on_start="upgrade", then=own, folder=folder)) as client:
        assert client.get("/").json() == {"state": "mine"}
    assert seen == ["bbbb", "ended"]


def test_what_on_start_cannot_be_is_refused_at_once(folder: Path) -> None:
    with pytest.raises(errors.ArgumentInvalid) as refused:
        whimbrel.lifespan("sqlite://", on_start="migrate", folder=folder)
    assert refused.value.hint == "one of check, upgrade, off"


def test_a_database_ahead_of_the_code_does_not_pass_the_check(folder: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    whimbrel.ensure_schema(url, folder=folder)
    (folder / "migrations" / "versions" / "bbbb_.py").unlink()
    with pytest.raises(errors.DatabaseNotReady) as refused, fastapi_app(whimbrel.lifespan(url, folder=folder)):
        pass
    assert refused.value.what == "the database is at bbbb, which no file has"
