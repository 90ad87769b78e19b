"""As `alembic init` writes it, with the models of the application."""

from alembic import context
from exam.models import ExamChoiceModel, ExamQuestionModel  # noqa: F401
from Schoolsite.config import db
from sqlalchemy import engine_from_config, pool

config = context.config

target_metadata = db.Model.metadata


def run_migrations_offline() -> None:
    """Write SQL."""
    url = config.get_main_option("sqlalchemy.url")
    context.configure(url=url, target_metadata=target_metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Migrate."""
    section = config.get_section(config.config_ini_section, {})
    connectable = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
