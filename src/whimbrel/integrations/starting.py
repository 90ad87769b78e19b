"""What FastAPI, Starlette and Litestar do when they start: a schema that is checked, or brought to head."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Literal

from ..errors import ArgumentInvalid
from .reach import Source
from .schema import Models, Schema

Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]
_CHOICES = ("check", "upgrade", "off")


def lifespan(
    source: Source,
    *,
    on_start: Literal["check", "upgrade", "off"] = "check",
    then: Lifespan | None = None,
    models: Models = (),
    folder: str | os.PathLike[str] = ".",
    database: str | None = None,
    config: str | os.PathLike[str] | Sequence[str] = (),
) -> Lifespan:
    """A lifespan for FastAPI, Starlette and Litestar: the application does not start with the wrong schema.

    Args:
        source, models, folder, database, config: as in `ensure_schema`.
        on_start: `check` refuses to start unless the database is at head; `upgrade` creates it if it is missing, and
            brings it there; `off` does nothing.
        then: the application's own lifespan, which is entered when the schema is right. What it yields is handed on.

    Returns:
        What these frameworks take as `lifespan`. In a lifespan of your own:
        `async with whimbrel.lifespan(engine)(app): …`.

    Raises:
        ArgumentInvalid: `on_start` is none of the three.
        When the application starts: DatabaseNotReady, SchemaLacks, or as `ensure_schema`.
    """
    if on_start not in _CHOICES:
        raise ArgumentInvalid(
            f"on_start is {on_start!r}", state="nothing was changed", hint=f"one of {', '.join(_CHOICES)}"
        )
    schema = Schema(source, models=models, folder=folder, database=database, config=config)

    @asynccontextmanager
    async def started(app: Any) -> AsyncIterator[Any]:
        if on_start == "upgrade":
            await schema.aensure()
        elif on_start == "check":
            await schema.aconfirm()
        if then is None:
            yield None
            return
        async with then(app) as state:
            yield state

    return started
