"""Where a database's URL is found: flag, environment, `.env`, configuration, a YAML or ini file, in this order."""

from __future__ import annotations

import os
import re

from ..connect.url import DatabaseUrl, parse
from ..errors import ConfigurationInvalid, UrlMissing, place
from ..record import TYPE_CHECKING
from .files import read_dotenv, read_ini, read_text, read_yaml
from .keys import line_of
from .values import (
    INI_FILES,
    MIGRATION_VARIABLES,
    SCRATCH_VARIABLES,
    VARIABLES,
    Origin,
    migration_variable_of,
    scratch_variable_of,
    variable_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_DATABASE_VARIABLE = re.compile(r"WHIMBREL_DATABASE__\w+__URL")
_MIGRATION_VARIABLE = re.compile(r"WHIMBREL_DATABASE__\w+__MIGRATION_URL")
_SCRATCH_VARIABLE = re.compile(r"WHIMBREL_DATABASE__\w+__SCRATCH_URL")
_FOLDERS = ("", "conf", "config")

Sourced = tuple[str, Origin]


class Surroundings:
    """What can name a URL besides the configuration file: the flag, the process's environment and `.env`.

    Args:
        root: the project's folder.
        flag: the value of `--url`.
        environ: the environment variables.
        env_file: the `.env` file to read; the one in `root` by default, if there is one.
    """

    def __init__(
        self, root: str, *, flag: str | None = None, environ: Mapping[str, str], env_file: str | None = None
    ) -> None:
        self.root = root
        self.environ = environ
        self.flag = flag
        self._env_file = env_file or os.path.join(root, ".env")
        self._must_exist = env_file is not None
        self._dotenv: dict[str, str] | None = None

    @property
    def dotenv(self) -> dict[str, str]:
        """The variables of the `.env` file, read once and only if asked for."""
        if self._dotenv is None:
            there = self._must_exist or os.path.isfile(self._env_file)
            self._dotenv = read_dotenv(self._env_file) if there else {}
        return self._dotenv

    def variable(self, name: str) -> Sourced | None:
        """A variable from the environment, else from `.env`."""
        if value := self.environ.get(name):
            return value, Origin("environment", name)
        if value := self.dotenv.get(name):
            return value, Origin(os.path.relpath(self._env_file), name)
        return None

    def is_empty(self, name: str) -> bool:
        """Whether a variable is there, and has no value."""
        return self.variable(name) is None and (name in self.environ or name in self.dotenv)

    def url_for(self, name: str, *, only: bool) -> Sourced | None:
        """The URL that the flag or a variable gives to the database `name`; `only`: it is the only one."""
        if self.flag:
            return self.flag, Origin("--url")
        own = variable_of(name)
        return self._of_variables((own, *VARIABLES) if only else (own,))

    def migration_url_for(self, name: str, *, only: bool) -> Sourced | None:
        """The URL that a variable gives for changes of the database `name`."""
        own = migration_variable_of(name)
        return self._of_variables((own, *MIGRATION_VARIABLES) if only else (own,))

    def scratch_url_for(self, name: str, *, only: bool) -> Sourced | None:
        """The URL that a variable gives for what is tried in the place of the database `name`."""
        own = scratch_variable_of(name)
        return self._of_variables((own, *SCRATCH_VARIABLES) if only else (own,))

    def rank(self, origin: Origin) -> int:
        """How soon a place counts: what was exported before `.env`, and that before what everybody has."""
        places = ["environment", os.path.relpath(self._env_file)]
        return places.index(origin.place) if origin.place in places else len(places)

    def _of_variables(self, names: Sequence[str]) -> Sourced | None:
        # All of the environment goes before all of .env: what was exported last is what was meant.
        found = [self.environ.get(variable) for variable in names]
        if any(found):
            return next((value, Origin("environment", v)) for v, value in zip(names, found, strict=True) if value)
        return next(filter(None, map(self.variable, names)), None)


def find(
    name: str, options: Mapping[str, Any], origin: Origin, surroundings: Surroundings, *, only: bool
) -> tuple[DatabaseUrl, Origin] | None:
    """The URL of the database `name` and where it was found, or None.

    Raises:
        UrlInvalid: what was found is no URL.
        UrlMissing: the configuration refers to a variable that is not set.
        ConfigurationInvalid: a file that should hold it cannot be read, several files could be meant, or a variable
            is for a database that is not configured.
    """
    if only:
        _refuse_strangers(_DATABASE_VARIABLE, variable_of(name), name, surroundings)
    sourced = surroundings.url_for(name, only=only) or _configured(options, origin, surroundings)
    if sourced is None and only:
        sourced = _discovered(surroundings.root)
    if sourced is None:
        return None
    text, where = sourced
    return _absolute(parse(text, where=str(where)), surroundings.root, where), where


def find_for_changes(
    name: str, options: Mapping[str, Any], origin: Origin, surroundings: Surroundings, *, only: bool, has_env: bool
) -> tuple[DatabaseUrl, Origin] | None:
    """The URL that changes of the database `name` go to, and where it was found; None if it is the usual one.

    A variable or the key `migration_url` gives it; not where `--url` gives the usual one, which goes before all.

    Args:
        name, options, origin, surroundings, only: as for `find`.
        has_env: whether env.py knows the usual URL.

    Raises:
        As `find`.
        ConfigurationInvalid: the usual URL is from a place that goes before this one's: they may be two databases.
    """
    if surroundings.flag:
        return None
    if only:
        _refuse_strangers(_MIGRATION_VARIABLE, migration_variable_of(name), name, surroundings)
    sourced = surroundings.migration_url_for(name, only=only)
    if sourced is None and (text := options.get("migration_url")):
        sourced = _resolved(text, "migration_url", origin, surroundings)
    if sourced is None:
        return None
    text, where = sourced
    if not has_env:
        _refuse_lower_rank(name, options, origin, surroundings, where, only=only)
    return _absolute(parse(text, where=str(where)), surroundings.root, where), where


def find_for_scratch(
    name: str, options: Mapping[str, Any], origin: Origin, surroundings: Surroundings, *, only: bool
) -> tuple[DatabaseUrl, Origin] | None:
    """The URL of a database that may be emptied at will in the place of the database `name`, and where it was found.

    A variable or the key `scratch_url` gives it; None if neither does.

    Args:
        name, options, origin, surroundings, only: as for `find`.

    Raises:
        As `find`.
    """
    if only:
        _refuse_strangers(_SCRATCH_VARIABLE, scratch_variable_of(name), name, surroundings)
    sourced = surroundings.scratch_url_for(name, only=only)
    if sourced is None and (text := options.get("scratch_url")):
        sourced = _resolved(text, "scratch_url", origin, surroundings)
    if sourced is None:
        return None
    text, where = sourced
    return _absolute(parse(text, where=str(where)), surroundings.root, where), where


def passed_over(name: str, surroundings: Surroundings, *, only: bool) -> list[str]:
    """What may have been meant to name the URL of the database `name` and does not, for whoever is told of none.

    Reads files only.
    """
    variables = (variable_of(name), *VARIABLES) if only else (variable_of(name),)
    empty = [f"{variable} is empty" for variable in variables if surroundings.is_empty(variable)]
    broken = filter(_is_broken, _yaml_files(surroundings.root) if only else ())
    return empty + [f"{place(path)} cannot be parsed" for path in broken]


def _refuse_lower_rank(
    name: str, options: Mapping[str, Any], origin: Origin, surroundings: Surroundings, where: Origin, *, only: bool
) -> None:
    """Who exports another URL means another database: it must not be looked at, and the configured one changed."""
    try:
        usual = find(name, options, origin, surroundings, only=only)
    except UrlMissing:
        return
    if usual is not None and surroundings.rank(usual[1]) < surroundings.rank(where):
        variable = MIGRATION_VARIABLES[0] if only else migration_variable_of(name)
        raise ConfigurationInvalid(
            "the URL for migrations may be of another database than the URL",
            where=str(where),
            why=f"the URL is from {usual[1]}, which goes before it",
            state="nothing was changed",
            hint=f'export {variable}=… as well, or write migration_url = "env:NAME"',
        )


def _refuse_strangers(pattern: re.Pattern[str], own: str, name: str, surroundings: Surroundings) -> None:
    """A URL for a database that there is not would be passed over, and another one migrated than was meant."""
    for variable in (*surroundings.environ, *surroundings.dotenv):
        if pattern.fullmatch(variable) and variable != own:
            raise ConfigurationInvalid(
                f"{variable} is for a database that is not configured",
                where="environment" if variable in surroundings.environ else ".env",
                why=f"the only one is {name}",
                state="nothing was changed",
                hint=f"did you mean {own}? Or unset it",
            )


def _configured(options: Mapping[str, Any], origin: Origin, surroundings: Surroundings) -> Sourced | None:
    if text := options.get("url"):
        return _resolved(text, "url", origin, surroundings)
    if path := options.get("url_from"):
        path = os.path.join(surroundings.root, path)
        sourced = next(_urls_in(path), None)
        if sourced is None:
            raise UrlMissing("the file that url_from names holds no database URL", where=path, hint=_EXPECTED)
        return sourced
    return None


def _resolved(text: str, key: str, origin: Origin, surroundings: Surroundings) -> Sourced:
    """The value of a key, or of the variable that it names."""
    if not text.startswith("env:"):
        return text, origin._replace(detail=key)
    variable = text.removeprefix("env:")
    if found := surroundings.variable(variable):
        return found
    raise UrlMissing(
        f"the environment variable {variable} is not set",
        where=str(origin),
        why=f'{key} = "{text}" takes the database URL from it',
        hint=f"export {variable}=…, or put it into .env",
    )


_EXPECTED = "YAML: database: url: …; ini: sqlalchemy.url = …; .env: DATABASE_URL=…"


def _urls_in(path: str) -> Iterator[Sourced]:
    if path.endswith((".yaml", ".yml")):
        yield from _yaml_url(path)
    elif path.endswith((".ini", ".cfg")):
        yield from _ini_url(path)
    else:
        values = read_dotenv(path)
        yield from ((values[name], Origin(os.path.relpath(path), name)) for name in VARIABLES if values.get(name))


def _discovered(root: str) -> Sourced | None:
    """The URL in the one YAML or ini file that holds one."""
    found = [sourced for path in _yaml_files(root) for sourced in _yaml_url(path, quietly=True)]
    # A default file is meant to be there for everybody; its sisters override it for one deployment.
    defaults = [sourced for sourced in found if os.path.basename(sourced[1].place).startswith("default")]
    found = defaults if len(defaults) == 1 else found
    if len(found) > 1:
        raise ConfigurationInvalid(
            f"{len(found)} files hold a database URL",
            why=", ".join(sourced[1].place for sourced in found),
            hint=f'name one in whimbrel.toml: url_from = "{found[0][1].place}", or set DATABASE_URL',
        )
    if found:
        return found[0]
    candidates = (os.path.join(root, name) for name in INI_FILES)
    return next((sourced for path in candidates if os.path.isfile(path) for sourced in _ini_url(path)), None)


def _yaml_files(root: str) -> list[str]:
    return [
        os.path.join(root, folder, name)
        for folder in _FOLDERS
        for name in _names(os.path.join(root, folder))
        if name.endswith((".yaml", ".yml"))
    ]


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _yaml_url(path: str, *, quietly: bool = False) -> Iterator[Sourced]:
    """The value of `database: url:`. Quietly: a file that merely lies there may be anything, even broken YAML."""
    try:
        if quietly and "database" not in read_text(path):
            return
        data = read_yaml(path)
    except ConfigurationInvalid:
        if quietly:
            return
        raise
    section = data.get("database") if isinstance(data, dict) else None
    url = section.get("url") if isinstance(section, dict) else None
    if isinstance(url, str) and url:
        yield url, Origin(os.path.relpath(path), "database: url")


def _is_broken(path: str) -> bool:
    """Whether a YAML file may name a URL, and cannot be parsed."""
    try:
        if "database" in read_text(path):
            read_yaml(path)
    except ConfigurationInvalid:
        return True
    return False


def _ini_url(path: str) -> Iterator[Sourced]:
    from configparser import InterpolationError

    parser = read_ini(path, "alembic")
    for section in ("alembic", *parser.sections()):
        if parser.has_option(section, "sqlalchemy.url"):
            line = line_of("sqlalchemy.url", read_text(path), f"[{section}]")
            try:
                url = parser.get(section, "sqlalchemy.url")
            except InterpolationError:
                return  # `%(PASSWORD)s`, which only the project's own code fills in
            yield url, Origin(f"{os.path.relpath(path)}:{line}", "sqlalchemy.url")
            return


def _absolute(url: DatabaseUrl, root: str, origin: Origin) -> DatabaseUrl:
    """A relative SQLite path starts from the project's folder, so that no command makes a second database elsewhere."""
    path = url.database
    if url.dialect != "sqlite" or not path or path.startswith((":", "file:")) or os.path.isabs(path):
        return url
    if str(origin) == "--url" or os.path.samefile(root, os.getcwd()):
        return url
    absolute = os.path.join(root, path)
    _, mark, query = url.text.partition("?")
    return url._replace(database=absolute, text=f"{url.scheme}:///{absolute}{mark}{query}")
