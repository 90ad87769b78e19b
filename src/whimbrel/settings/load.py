"""Find the configuration of a project and read it."""

from __future__ import annotations

import os

from ..errors import ConfigurationInvalid, DatabaseNotConfigured, UsageError, place
from ..record import TYPE_CHECKING
from .files import has_env, read_ini, read_toml, read_tool
from .keys import check, suggestion
from .values import (
    MIGRATION_VARIABLES,
    SCRATCH_VARIABLES,
    VARIABLES,
    AlembicFiles,
    Database,
    Origin,
    Settings,
    variables_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from ..connect.url import DatabaseUrl
    from .folders import Folders
    from .urls import Surroundings

CONFIG_FILE = "whimbrel.toml"
PYPROJECT = "pyproject.toml"
ALEMBIC_INI = "alembic.ini"
DEFAULT_LOCATION = "migrations"
ALEMBIC_LOCATION = "alembic"
"""What Alembic's tutorial calls the folder with env.py."""
ONLY = "main"


def load(
    folder: str,
    *,
    config: Sequence[str] = (),
    section: str | None = None,
    url: str | None = None,
    models: Sequence[str] = (),
    env_file: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Read the configuration of the project in `folder`.

    The first of these counts: `config`, `WHIMBREL_CONFIG`, `ALEMBIC_CONFIG`, then in `folder` and the folders above it
    up to the one under version control: `whimbrel.toml`, `[tool.whimbrel]` in pyproject.toml; then in `folder` itself
    (where Alembic looks) `alembic.ini` and `[tool.alembic]`, then `migrations/alembic.ini` if an env.py lies beside it
    (where Flask-Migrate puts both). With none of them the projects in the folders below count, each as a database that
    is called as its folder is; and where there is none either the defaults apply, unless there is an env.py to ignore.

    Args:
        folder: where the command runs.
        config: files named on the command line: whimbrel's own, an ini file, a pyproject.toml, or the last two. If it
            is one of the last two, `ALEMBIC_CONFIG` may name the other one, as for Alembic.
        section: the ini section, `alembic` by default.
        url: a database URL that goes before every other.
        models: modules with models, instead of those configured.
        env_file: a file of variables to read instead of `.env`.
        environ: the environment variables.

    Raises:
        ConfigurationInvalid, UrlInvalid, UrlMissing: what was found cannot be used.

    Reads files only, no database.
    """
    folder = os.path.abspath(folder)
    if env_file and not os.path.exists(env_file):
        raise ConfigurationInvalid(
            "there is no such file of variables", where=env_file, hint="check the name after --env-file"
        )
    variables = [value for name in ("WHIMBREL_CONFIG", "ALEMBIC_CONFIG") if (value := environ.get(name))]
    named = list(config) or variables[:1]
    other = environ.get("ALEMBIC_CONFIG")
    found = _named(folder, named, section, other) if named else _found(folder, section)
    search = _Search(found.root, url, environ, env_file)
    settings = found.settings(search, {"models": list(models)} if models else {})
    for database in settings.databases:
        if database.has_env and (url or models):
            raise UsageError(
                f"{'--url' if url else '--models'} has no effect on {database.name}: its env.py decides that",
                where=place(os.path.join(database.script_location, "env.py")),
                state="nothing was changed",
                hint="-x KEY=VALUE reaches env.py (context.get_x_argument), and so do environment variables",
            )
    return settings


class _Search:
    """Looks for the URLs of databases, when they are asked for; its arguments are those of `Surroundings`."""

    def __init__(self, root: str, flag: str | None, environ: Mapping[str, str], env_file: str | None) -> None:
        self._root = root
        self._flag = flag
        self._environ = environ
        self._env_file = env_file

    def url(
        self, name: str, options: Mapping[str, Any], origin: Origin, *, only: bool
    ) -> tuple[DatabaseUrl, Origin] | None:
        """The URL of a database, and where it was found: `urls.find`."""
        from .urls import find

        return find(name, options, origin, self._surroundings, only=only)

    def migration_url(
        self, name: str, options: Mapping[str, Any], origin: Origin, *, only: bool, has_env: bool
    ) -> tuple[DatabaseUrl, Origin] | None:
        """The URL that changes of a database go to, if it is another one: `urls.find_for_changes`."""
        from .urls import find_for_changes

        return find_for_changes(name, options, origin, self._surroundings, only=only, has_env=has_env)

    def scratch_url(
        self, name: str, options: Mapping[str, Any], origin: Origin, *, only: bool
    ) -> tuple[DatabaseUrl, Origin] | None:
        """The URL of a database that may be emptied at will: `urls.find_for_scratch`."""
        from .urls import find_for_scratch

        return find_for_scratch(name, options, origin, self._surroundings, only=only)

    def passed_over(self, name: str, *, only: bool) -> list[str]:
        """What does not name the URL of a database, though it may have been meant to: `urls.passed_over`."""
        from .urls import passed_over

        return passed_over(name, self._surroundings, only=only)

    def in_folder(self, root: str, others: Sequence[str]) -> _Search:
        """The search for a project with `others` beside it: neither their variables nor those for an only one count."""
        of_one = (*VARIABLES, *MIGRATION_VARIABLES, *SCRATCH_VARIABLES)
        strange = {variable for name in others for variable in (*variables_of(name), *of_one)}
        environ = {name: value for name, value in self._environ.items() if name not in strange}
        return _Search(root, self._flag, environ, self._env_file)

    @property
    def _surroundings(self) -> Surroundings:
        from .urls import Surroundings

        return Surroundings(self._root, flag=self._flag, environ=self._environ, env_file=self._env_file)


class _Native:
    """A project that whimbrel's own configuration describes, or none."""

    def __init__(self, root: str, origin: Origin, table: Mapping[str, Any] | None, text: str = "") -> None:
        self.root = root
        self._origin = origin
        self._table = dict(table or {})
        self._configured = table is not None
        self._text = text

    def settings(self, search: _Search, overrides: Mapping[str, Any], name: str = ONLY) -> Settings:
        """The project's databases.

        Args:
            search: looks for the URLs of one.
            overrides: go before what is configured.
            name: what its database is called, if it has only one.
        """
        tables = self._tables(name)
        only = len(tables) == 1
        databases = [
            self._database(name, {**options, **overrides}, search, only=only) for name, options in tables.items()
        ]
        return Settings(self.root, self._origin, tuple(databases), self._configured)

    def _tables(self, name: str) -> dict[str, dict[str, Any]]:
        """The options of each database: its own over those that stand above all of them."""
        title = self._origin.detail or self._origin.place
        named = self._table.pop("databases", {})
        shared = check(self._table, file=self._origin.place, text=self._text, title=title)
        if not named:
            return {name: shared}
        if not isinstance(named, dict) or not all(isinstance(options, dict) for options in named.values()):
            raise ConfigurationInvalid(
                "databases must be tables", where=self._origin.place, hint="write [databases.NAME] above their keys"
            )
        within = self._origin.detail.strip("[]") + "." if self._origin.detail else ""
        return {
            name: shared | check(options, file=self._origin.place, text=self._text, title=f"[{within}databases.{name}]")
            for name, options in named.items()
        }

    def _database(self, name: str, options: dict[str, Any], search: _Search, *, only: bool) -> Database:
        if config := options.get("config"):
            path = os.path.join(self.root, config)
            files = _alembic_files([path], options.get("section"))
            return _alembic_database(name, os.path.dirname(path), files, options, search, self._origin, only=only)
        location = self._locate(options.get("script_location", DEFAULT_LOCATION))
        versions = [self._locate(path) for path in options.get("version_locations", ())]
        return Database(
            name=name,
            only=only,
            root=self.root,
            origin=self._origin,
            script_location=location,
            version_locations=tuple(versions) or (os.path.join(location, "versions"),),
            options=options,
            find_url=lambda: search.url(name, options, self._origin, only=only),
            find_migration_url=lambda: search.migration_url(name, options, self._origin, only=only, has_env=False),
            find_scratch_url=lambda: search.scratch_url(name, options, self._origin, only=only),
            find_passed_over=lambda: search.passed_over(name, only=only),
        )

    def _locate(self, location: str) -> str:
        if ":" not in location or os.path.isabs(location):
            return os.path.normpath(os.path.join(self.root, location))
        from .alembic import package_folder

        package, *parts = location.split(":")
        return os.path.join(package_folder(package, [self.root], AlembicFiles(None, self._origin.place)), *parts)


class _Alembic:
    """A project that Alembic's configuration describes."""

    def __init__(self, root: str, files: AlembicFiles) -> None:
        self.root = root
        self._files = files

    def settings(self, search: _Search, overrides: Mapping[str, Any], name: str = ONLY) -> Settings:
        """As `_Native.settings`."""
        database = _alembic_database(name, self.root, self._files, overrides, search)
        return Settings(self.root, database.origin, (database,))


def _alembic_database(
    name: str,
    base: str,
    files: AlembicFiles,
    overrides: Mapping[str, Any],
    search: _Search,
    configured: Origin | None = None,
    *,
    only: bool = True,
) -> Database:
    """An Alembic project; `overrides` are from the file that `configured` names, or the command line."""
    from .alembic import AlembicOptions

    options = AlembicOptions(files, base)
    location = options.script_location
    runs_env = has_env(location)
    origin = configured or options.origin
    for key in ("url", "url_from", "models") if runs_env and configured else ():
        if key in overrides:
            raise ConfigurationInvalid(
                f"{key} has no effect on {name}: its env.py decides that",
                where=str(configured),
                state="nothing was changed",
                hint="take it out, or go without the env.py: script_location instead of config",
            )
    # An ini file without an env.py is only a place to write settings in: the rest is whimbrel's own.
    return Database(
        name=name,
        only=only,
        root=base,
        origin=options.origin,
        script_location=location,
        version_locations=options.version_locations or (os.path.join(location, "versions"),),
        has_env=runs_env,
        alembic=files,
        options={
            **overrides,
            "recursive_version_locations": options.flag("recursive_version_locations"),
            "sourceless": options.flag("sourceless"),
            "prepend_sys_path": list(options.prepend_sys_path),
        },
        find_migration_url=lambda: search.migration_url(name, overrides, origin, only=only, has_env=runs_env),
        find_scratch_url=lambda: search.scratch_url(name, overrides, origin, only=only),
        find_url=lambda: None if runs_env else search.url(name, overrides, origin, only=only),
        find_passed_over=lambda: search.passed_over(name, only=only),
    )


def _named(folder: str, names: Sequence[str], section: str | None, other: str | None) -> _Native | _Alembic:
    """The project that the files named with `-c` describe; `other` is the ini file beside a pyproject.toml, or that."""
    paths = [_existing(folder, name) for name in names]
    if len(paths) == 1 and (native := _native(paths[0])):
        return native
    if other and all(_is_pyproject(path) != _is_pyproject(other) for path in paths):
        paths.append(_existing(folder, other))
    return _Alembic(folder, _alembic_files(paths, section, beside=folder))


def _existing(folder: str, name: str) -> str:
    path = os.path.join(folder, name)
    if not os.path.isfile(path):
        raise ConfigurationInvalid(
            "there is no such configuration file",
            where=os.path.relpath(path, folder),
            hint="check the name after -c, or in WHIMBREL_CONFIG or ALEMBIC_CONFIG",
        )
    return path


def _is_pyproject(path: str) -> bool:
    return os.path.basename(path) == PYPROJECT


def _found(folder: str, section: str | None) -> _Native | _Alembic | Folders:
    """The project that lies in or above a folder, else those below it."""
    for above in _upwards(folder):
        if native := _native_in(above):
            return native
        if above == folder:
            files = _alembic_files([], section, beside=folder)
            if (files.ini and _names_revisions(files)) or files.toml:
                return _Alembic(folder, files)
    location = os.path.join(folder, DEFAULT_LOCATION)
    if has_env(location):
        return _Alembic(folder, _alembic_files([_ini_beside_env(location)], section))
    if not os.path.isdir(location):
        from .folders import Folders, projects_below

        if has_env(alembics := os.path.join(folder, ALEMBIC_LOCATION)):
            _ini_beside_env(alembics)  # with one, it is a project in a folder below
        projects = projects_below(folder, lambda path: _project_in(path, section))
        if projects:
            return Folders(folder, projects)
    return _Native(folder, Origin(os.path.relpath(folder)), None)


def _project_in(folder: str, section: str | None) -> _Native | _Alembic | None:
    """The project in a folder that the command did not start in: an ini file alone, which may be anything, is none."""
    if native := _native_in(folder):
        return native
    files = _alembic_files([], section, beside=folder)
    if files.toml or (files.ini and (has_env(folder) or _has_script_location(files))):
        return _Alembic(folder, files)
    return None


def _native_in(folder: str) -> _Native | None:
    paths = (os.path.join(folder, name) for name in (CONFIG_FILE, PYPROJECT))
    return next((native for path in paths if os.path.isfile(path) and (native := _native(path))), None)


def _has_script_location(files: AlembicFiles) -> bool:
    return read_ini(files.ini, files.section).has_option(files.section, "script_location")


def _ini_beside_env(location: str) -> str:
    """The ini file that lies with env.py in a folder that nothing else configures.

    Raises:
        ConfigurationInvalid: there is none. env.py may name another version table, schema or database than the
            defaults do: without it, a database that is at head would seem to be at base.
    """
    path = os.path.join(location, ALEMBIC_INI)
    if os.path.isfile(path):
        return path
    name = os.path.basename(location)
    raise ConfigurationInvalid(
        "there is an env.py, and no configuration to run it with",
        where=place(os.path.join(location, "env.py")),
        why=f"no {ALEMBIC_INI} with an [alembic] here, none in {name}, no [tool.alembic], and no {CONFIG_FILE}",
        state="nothing was changed",
        hint=f"restore {ALEMBIC_INI}, or -c FILE with its ini file; or, to run without env.py,"
        f'  script_location = "{name}"  in {CONFIG_FILE}',
    )


def _names_revisions(files: AlembicFiles) -> bool:
    """Whether the ini file is more than a place with a URL: a broken one says so later, by name."""
    if files.section != "alembic":
        return True
    parser = read_ini(files.ini, files.section)
    return parser.has_option(files.section, "script_location") or bool(parser.sections() and not files.toml)


def _native(path: str) -> _Native | None:
    """whimbrel's own settings in a TOML file, or None if they are not there."""
    if not path.endswith(".toml"):
        return None
    name = os.path.relpath(path)
    if _is_pyproject(path):
        table, text = read_tool(path, "whimbrel")
        return None if table is None else _Native(os.path.dirname(path), Origin(name, "[tool.whimbrel]"), table, text)
    data, text = read_toml(path)
    return _Native(os.path.dirname(path), Origin(name), data, text)


def _alembic_files(paths: Sequence[str], section: str | None, beside: str | None = None) -> AlembicFiles:
    """Sort named files into ini and TOML; what is not named is looked for in `beside`, as Alembic does."""
    toml = [path for path in paths if _is_pyproject(path)]
    ini = [path for path in paths if path not in toml]
    if len(toml) > 1 or len(ini) > 1:
        raise ConfigurationInvalid(
            "-c names two files of the same kind", why=", ".join(paths), hint="name one ini file and one pyproject.toml"
        )
    if beside is not None:
        toml = toml or [path for path in [os.path.join(beside, PYPROJECT)] if _has_tool_alembic(path)]
        ini = ini or [path for path in [os.path.join(beside, ALEMBIC_INI)] if os.path.isfile(path)]
    return AlembicFiles(ini[0] if ini else None, toml[0] if toml else None, section or "alembic")


def _has_tool_alembic(path: str) -> bool:
    return os.path.isfile(path) and read_tool(path, "alembic")[0] is not None


def _upwards(folder: str) -> Iterator[str]:
    """A folder and those above it, up to the one under version control, or the user's home."""
    home = os.path.expanduser("~")
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder or folder == home or os.path.exists(os.path.join(folder, ".git")):
            return
        folder = above


def select(settings: Settings, name: str | None) -> Database:
    """The database that a command is for.

    Raises:
        DatabaseNotConfigured: there is none of that name, or several and none was named.
        WhimbrelError: its configuration is broken.
    """
    database = _selected(settings, name)
    database.check()
    return database


def _selected(settings: Settings, name: str | None) -> Database:
    names = [database.name for database in settings.databases]
    if name is None:
        if len(names) == 1:
            return settings.databases[0]
        raise DatabaseNotConfigured(
            f"{len(names)} databases are configured and none is named",
            where=str(settings.origin),
            hint=f"--database {names[0]}  (there are {', '.join(names)})",
        )
    for database in settings.databases:
        if database.name == name:
            return database
    raise DatabaseNotConfigured(
        f'no database is called "{name}"', where=str(settings.origin), hint=suggestion(name, names)
    )
