"""What is configured, as plain values: every database of a project, and where each value came from."""

from __future__ import annotations

from ..connect.waiting import CONNECT_TIMEOUT
from ..errors import UrlMissing, WhimbrelError
from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ..connect.url import DatabaseUrl

VARIABLES = ("WHIMBREL_URL", "DATABASE_URL", "SQLALCHEMY_URL", "SQLALCHEMY_DATABASE_URI")
"""Environment variables with the URL of the only database, the first one first; the last one is Flask-SQLAlchemy's."""

MIGRATION_VARIABLES = ("WHIMBREL_MIGRATION_URL",)
"""The same for the URL that changes go to."""

SCRATCH_VARIABLES = ("WHIMBREL_SCRATCH_URL",)
"""The same for the URL of a database that may be emptied at will."""

INI_FILES = ("alembic.ini", "database.ini", "config.ini", "development.ini")
"""Where a URL is looked for beside YAML files, which may be called anything."""

_NO_SIGNS = str.maketrans("-./", "___")


def variable_of(name: str) -> str:
    """The environment variable with the URL of one of several databases."""
    return f"WHIMBREL_DATABASE__{_in_capitals(name)}__URL"


def migration_variable_of(name: str) -> str:
    """The environment variable with the URL that changes of one of several databases go to."""
    return f"WHIMBREL_DATABASE__{_in_capitals(name)}__MIGRATION_URL"


def scratch_variable_of(name: str) -> str:
    """The environment variable with the URL of a database that may be emptied at will for one of several databases."""
    return f"WHIMBREL_DATABASE__{_in_capitals(name)}__SCRATCH_URL"


def variables_of(name: str) -> tuple[str, str, str]:
    """All variables of one of several databases."""
    return variable_of(name), migration_variable_of(name), scratch_variable_of(name)


def _in_capitals(name: str) -> str:
    return name.upper().translate(_NO_SIGNS)


class Origin(Record):
    """Where a value was read: a file and line, a variable, a flag."""

    place: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}" if self.detail else self.place


class AlembicFiles(Record):
    """The files that configure an Alembic project, as `alembic -c … -n …` names them."""

    ini: str | None
    toml: str | None
    section: str = "alembic"


class Database:
    """One configured endpoint: its URL, where its revisions live, its models.

    Args:
        name: what `--database` calls it; `main` if there is only one.
        only: whether there is only one.
        root: the folder that relative paths start from.
        origin: the file that configures it, for messages.
        script_location: the folder that holds `versions/`, and `env.py` in an Alembic project.
        version_locations: the folders that hold revision files.
        options: everything else that was set, by the names of `settings.keys`.
        alembic: the project's Alembic configuration, if there is one.
        has_env: whether the project has an env.py, which then decides what to connect to.
        find_url: looks for the URL and says where it was found. Called once, when the URL is first asked for:
            commands that only look at files must not fail, or wait, for a `.env` or YAML file.
        find_migration_url: the same for the URL that changes go to, if it is another one.
        find_scratch_url: the same for the URL of a database that may be emptied at will, if there is one.
        find_passed_over: says what may have been meant to name the URL and does not. Called where there is none.
        problem: why nothing can be done with it, if that is so: its configuration is broken, not that of the others.
    """

    def __init__(
        self,
        *,
        name: str,
        only: bool = True,
        root: str,
        origin: Origin,
        script_location: str,
        version_locations: tuple[str, ...],
        options: Mapping[str, Any],
        alembic: AlembicFiles | None = None,
        has_env: bool = False,
        find_url: Callable[[], tuple[DatabaseUrl, Origin] | None] = lambda: None,
        find_migration_url: Callable[[], tuple[DatabaseUrl, Origin] | None] = lambda: None,
        find_scratch_url: Callable[[], tuple[DatabaseUrl, Origin] | None] = lambda: None,
        find_passed_over: Callable[[], list[str]] = list,
        problem: WhimbrelError | None = None,
    ) -> None:
        self.name = name
        self.only = only
        self.root = root
        self.origin = origin
        self.script_location = script_location
        self.version_locations = version_locations
        self.options = options
        self.alembic = alembic
        self.has_env = has_env
        self._problem = problem
        self._find_url = find_url
        self._find_passed_over = find_passed_over
        self._find_migration_url = find_migration_url
        self._find_scratch_url = find_scratch_url
        self._found: dict[Any, tuple[DatabaseUrl, Origin] | WhimbrelError | None] = {}

    def __repr__(self) -> str:
        return f"<Database {self.name} of {self.origin}>"

    def check(self) -> None:
        """Refuse a database that nothing can be done with.

        Raises:
            WhimbrelError: its configuration is broken.
        """
        if self._problem is not None:
            raise self._problem

    @property
    def _sourced_url(self) -> tuple[DatabaseUrl, Origin] | None:
        return self._once(self._find_url)

    def _sourced(self, changes: bool) -> tuple[DatabaseUrl, Origin] | None:
        return (self._once(self._find_migration_url) if changes else None) or self._sourced_url

    def _once(self, find: Callable[[], tuple[DatabaseUrl, Origin] | None]) -> tuple[DatabaseUrl, Origin] | None:
        """What is found at first, also if it is an error: later on `.env` is a part of the environment."""
        if find not in self._found:
            try:
                self._found[find] = find()
            except WhimbrelError as error:
                self._found[find] = error
        found = self._found[find]
        if isinstance(found, WhimbrelError):
            raise found
        return found

    @property
    def url(self) -> DatabaseUrl | None:
        """The URL; None when only the project's own env.py knows it, or nothing does.

        Raises:
            UrlInvalid, UrlMissing, ConfigurationInvalid: what should name it cannot be used.
        """
        return self._sourced_url[0] if self._sourced_url else None

    @property
    def url_origin(self) -> Origin | None:
        """Where the URL was found."""
        return self._sourced_url[1] if self._sourced_url else None

    @property
    def required_url(self) -> DatabaseUrl:
        """The URL, for a command that cannot do without it.

        Raises:
            UrlMissing: none was found.
        """
        if self.url is None:
            variables = ", ".join(VARIABLES) if self.only else self.url_variable
            files = f"the configuration, YAML files, {', '.join(INI_FILES)}" if self.only else "the configuration"
            looked_at = f"looked at --url, {variables}, .env, {files}"
            raise UrlMissing(
                f"no database URL for {self.name}",
                where=str(self.origin),
                why="; ".join([*self._find_passed_over(), looked_at]),
                state="nothing was changed",
                hint=self.how_to_name_url,
            )
        return self.url

    def url_for(self, *, changes: bool) -> DatabaseUrl | None:
        """The URL to look at the database, or to change it: past a pooler, if `migration_url` is set.

        Raises:
            As `url`.
        """
        sourced = self._sourced(changes)
        return sourced[0] if sourced else None

    def url_origin_for(self, *, changes: bool) -> Origin | None:
        """Where that URL was found."""
        sourced = self._sourced(changes)
        return sourced[1] if sourced else None

    def required_url_for(self, *, changes: bool) -> DatabaseUrl:
        """That URL, for a command that cannot do without it.

        Raises:
            UrlMissing: none was found.
        """
        return self.url_for(changes=changes) or self.required_url

    @property
    def scratch_url(self) -> DatabaseUrl | None:
        """The URL of a database that may be emptied at will, for what has to be tried; None if none is configured.

        Raises:
            As `url`.
        """
        sourced = self._once(self._find_scratch_url)
        return sourced[0] if sourced else None

    @property
    def url_variable(self) -> str:
        """The environment variable to put the URL into."""
        return "DATABASE_URL" if self.only else variable_of(self.name)

    @property
    def how_to_name_url(self) -> str:
        """What to do when no URL was found, for a hint."""
        return f"export {self.url_variable}=sqlite:///app.db, or put it into .env"

    @property
    def is_production(self) -> bool:
        """Whether it is labelled production: what would empty it has to name it."""
        return bool(self.options.get("production"))

    @property
    def connect_timeout(self) -> float:
        """How long to wait for the server when connecting, in seconds; 0 for as long as the driver does."""
        return float(self.options.get("connect_timeout", CONNECT_TIMEOUT))

    @property
    def version_table(self) -> str:
        """The table that holds the current revision."""
        return str(self.options.get("version_table") or "alembic_version")

    @property
    def version_table_schema(self) -> str | None:
        """The schema of that table; None for the connection's default."""
        schema = self.options.get("version_table_schema")
        return str(schema) if schema else None


class Settings(Record):
    """All databases of a project, in the order of the configuration.

    Attributes:
        configured: whether a file says so.
        below: whether they are projects in the folders below `root`, which is none itself.
    """

    root: str
    origin: Origin
    databases: tuple[Database, ...]
    configured: bool = True
    below: bool = False
