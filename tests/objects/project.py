"""A project whose models are made by a function, and what its database says of itself on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from support.databases import rows
from whimbrel import Project, settings
from whimbrel.events import Event, Found, Notice

Build = Callable[[sa.MetaData], object]

_VIEWS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'view'",
    "postgresql": "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace",
    "mariadb": "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE()",
}
_ROUTINES = {
    "postgresql": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "mariadb": "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()",
}
_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "mariadb": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
}


def kind_of(url: str) -> str:
    """The kind of database that a URL is of."""
    return {"mysql": "mariadb"}.get(sa.make_url(url).get_backend_name(), sa.make_url(url).get_backend_name())


def views(url: str) -> set[str]:
    """The views that a database has, as it says itself."""
    return _names(url, _VIEWS)


def routines(url: str) -> list[str]:
    """The functions and procedures that it has; overloaded ones more than once."""
    statement = _ROUTINES.get(kind_of(url))
    return sorted(str(name) for (name,) in rows(url, statement)) if statement else []


def triggers(url: str) -> set[str]:
    """The triggers that it has."""
    return _names(url, _TRIGGERS)


def _names(url: str, statements: dict[str, str]) -> set[str]:
    return {str(name) for (name,) in rows(url, statements[kind_of(url)])}


def execute(url: str, *statements: str) -> None:
    """Execute statements as somebody at the database's own prompt."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


class Team:
    """A project without an env.py, whose models change.

    Args:
        folder: where its files are made.
        url: its database.
    """

    def __init__(self, folder: Path, url: str) -> None:
        (folder / "migrations" / "versions").mkdir(parents=True)
        (folder / "whimbrel.toml").write_text("")
        self._folder = folder
        self.url = url
        self.told: list[Event] = []
        self.proof = ""  # of the last revision

    def project(self, build: Build) -> Project:
        """The project with the models that a function declares."""
        metadata = sa.MetaData()
        build(metadata)
        read = settings.load(str(self._folder), url=self.url)
        return Project(read, settings.select(read, None), metadata=[metadata], listener=self.told.append)

    def revise(self, build: Build, **answers: Any) -> str:
        """Write a revision, and return its text."""
        self.told.clear()
        [new] = self.project(build).revision("edit", autogenerate=True, **answers)
        self.proof = new.proof
        return Path(new.path).read_text()

    def migrate(self, build: Build, **answers: Any) -> str:
        """Write a revision, apply it, and return its text."""
        text = self.revise(build, **answers)
        self.project(build).upgrade()
        return text

    def write(self, build: Build, *statements: str) -> None:
        """Write a revision by hand, and apply it."""
        project = self.project(build)
        [new] = project.revision("by hand")
        path = Path(new.path)
        upgrade = "\n    ".join(f"op.execute({statement!r})" for statement in statements)
        path.write_text(path.read_text().replace("    pass", f"    {upgrade}", 1))
        project.upgrade()

    @property
    def differences(self) -> list[str]:
        """What the last revision was said to do."""
        return [event.where for event in self.told if isinstance(event, Found) and event.what == "difference"]

    @property
    def notices(self) -> list[str]:
        """What else was said, with its hints."""
        return [f"{event.text} | {event.hint}" for event in self.told if isinstance(event, Notice)]


def note(metadata: sa.MetaData, *more: Any) -> sa.Table:
    """A table that everything is about."""
    return sa.Table(
        "note", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String(40)), *more
    )
