"""Migrations of the schema stocks, which holds the version table, too."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from alembic import context
from dotenv import load_dotenv
from sqlalchemy import engine_from_config, pool

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from alembic_src.attaching import with_schema
from alembic_src.neon_postgres.models import SCHEMA, Base

load_dotenv()
config = context.config
config.set_main_option("PG_NEON_URL", os.environ["PG_NEON_URL"])


def run_migrations_online() -> None:
    """Migrate, in the schema of the models."""
    section = config.get_section(config.config_ini_section, {})
    engine = with_schema(engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool), SCHEMA)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            version_table_schema=SCHEMA,
            include_schemas=True,
            include_name=lambda name, kind, _: kind != "schema" or name == SCHEMA,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                context.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            context.run_migrations()


run_migrations_online()
