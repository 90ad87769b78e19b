"""Migrations on the database that SQLALCHEMY_URL names."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine, pool

import models

target_metadata = models.Base.metadata
url = os.environ["SQLALCHEMY_URL"]

if context.is_offline_mode():
    context.configure(url=url, target_metadata=target_metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
