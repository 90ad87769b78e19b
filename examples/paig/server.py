"""The web service. Its database is at head before it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.create_tables import create_default_user, project
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """First the schema, then what must be in it."""
    await project().aupdate()
    await create_default_user()
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> dict[str, bool]:
    """Whether the database is at head."""
    [status] = await project().astatus()
    return {"ready": status.at_head}
