"""The schema of the service, made or brought up to date when the service starts, and what must always be in it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from user.database.db_models.user_model import User

import whimbrel
from core.config import ROOT_DIR, load_config_file
from core.db_models.base import now

DEFAULT_USER = "admin"


def project() -> whimbrel.Project:
    """The service's migrations, on the database that its configuration names."""
    return whimbrel.Project.load(ROOT_DIR, config=ROOT_DIR / "alembic_db" / "alembic.ini")


def create_or_update_tables() -> None:
    """Bring the database to head, in a program or in a notebook: it may be called where an event loop runs."""
    project().update()


async def create_default_user() -> None:
    """Somebody who may log in; nothing is done if there is such a user."""
    engine = create_async_engine(load_config_file()["database"]["url"])
    async with engine.begin() as connection:
        found = await connection.scalar(sa.select(User.id).where(User.username == DEFAULT_USER))
        if found is None:
            await connection.execute(sa.insert(User).values(username=DEFAULT_USER, create_time=now()))
    await engine.dispose()
