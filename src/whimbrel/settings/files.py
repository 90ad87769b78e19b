"""Reading configuration files; a file that cannot be read is a clear error, never a traceback."""

from __future__ import annotations

import os

from ..cache import Cache
from ..errors import ConfigurationInvalid
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from configparser import ConfigParser
    from typing import Any


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_text(path: str) -> str:
    """The text of a configuration file, which must be UTF-8.

    Raises:
        ConfigurationInvalid: it is not there, cannot be read, or is in another encoding.
    """
    try:
        with open(path, "rb") as file:
            return file.read().removeprefix(_BYTE_ORDER_MARK).decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigurationInvalid(
            "a configuration file is not UTF-8",
            where=path,
            why=f"byte {error.start} is 0x{error.object[error.start]:02x}",
            hint="save it as UTF-8",
        ) from error
    except OSError as error:
        raise ConfigurationInvalid(
            "a configuration file cannot be read",
            where=path,
            why=error.strerror,
            hint="check its name, and that you may read it",
        ) from error


def read_toml(path: str) -> tuple[dict[str, Any], str]:
    """A TOML file's data and its text.

    Raises:
        ConfigurationInvalid: it cannot be read or parsed.
    """
    text = read_text(path)
    if "://" in text and ("@" in text or "?" in text):  # a URL with a password is kept nowhere else
        return _parsed_toml(path), text
    path = os.path.abspath(path)
    with Cache(os.path.dirname(path), "settings") as cache:
        return cache.get(path, os.stat(path), _parsed_toml), text


def _parsed_toml(path: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationInvalid(
            "a TOML file cannot be parsed", where=path, why=str(error), hint='values are written key = "value"'
        ) from error


def read_tool(path: str, name: str) -> tuple[dict[str, Any] | None, str]:
    """The table `[tool.NAME]` of a pyproject.toml, or None if it is not there; and the file's text.

    Raises:
        ConfigurationInvalid: the file cannot be read or parsed, or that is no table.
    """
    text = read_text(path)
    if name not in text:  # spares most projects the TOML parser's start-up
        return None, text
    tool = read_toml(path)[0].get("tool")
    table = tool.get(name) if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigurationInvalid(
            f"tool.{name} is not a table", where=path, hint=f"write [tool.{name}] above its keys"
        )
    return table, text


def read_yaml(path: str) -> Any:
    """A YAML file's data; tags that would build Python objects are refused.

    Raises:
        ConfigurationInvalid: it cannot be read or parsed.
    """
    import yaml

    text = read_text(path)
    try:
        return yaml.safe_load(text)
    except Exception as error:  # PyYAML also raises what `int`, `datetime` and dictionaries raise
        mark = getattr(error, "problem_mark", None)
        raise ConfigurationInvalid(
            "a YAML file cannot be parsed",
            where=f"{path}:{mark.line + 1}" if mark else path,
            why=getattr(error, "problem", None) or str(error),
            hint="only plain YAML is read: no tags that build objects",
        ) from error


def read_dotenv(path: str) -> dict[str, str]:
    """The variables of a `.env` file; references to other variables are resolved."""
    from io import StringIO

    from dotenv import dotenv_values

    values = dotenv_values(stream=StringIO(read_text(path)))
    return {name: value for name, value in values.items() if value is not None}


def has_env(location: str) -> bool:
    """Whether a script location holds an env.py, or its bytecode."""
    return any(os.path.isfile(os.path.join(location, f"env.py{ending}")) for ending in ("", "c"))


def read_ini(path: str | None, section: str, arguments: Mapping[str, str] | None = None) -> ConfigParser:
    """An Alembic ini file as Alembic reads it, except that it reads every file that means something.

    A value whose `%` is no interpolation (a URL with `%40` in its password) is taken as it is; a file that has only
    `[DEFAULT]` has every section.

    Args:
        path: the file; None gives an empty configuration.
        section: the section that must exist.
        arguments: what `%(name)s` may refer to besides the file's own keys; `here` is always there.

    Raises:
        ConfigurationInvalid: it cannot be read or parsed.
    """
    import configparser

    here = os.path.dirname(os.path.abspath(path)) if path else os.getcwd()
    defaults = {"here": here.replace(os.sep, "/"), **(arguments or {})}
    parser = configparser.ConfigParser(defaults, interpolation=_interpolation())
    if path is not None:
        try:
            parser.read_string(read_text(path), path)
        except configparser.Error as error:
            errors = getattr(error, "errors", None)  # of a ParsingError: line and text of each
            line = errors[0][0] if errors else getattr(error, "lineno", None)
            raise ConfigurationInvalid(
                "an ini file cannot be parsed",
                where=f"{path}:{line}" if line else path,
                why=error.message.splitlines()[0],
                hint="the first line that is no comment must be a [section]"
                if isinstance(error, configparser.MissingSectionHeaderError)
                else "write each line as  key = value  below a [section], and each of them once",
            ) from error
    if not parser.has_section(section) and (path is None or parser.has_option("DEFAULT", "script_location")):
        parser.add_section(section)
    return parser


def _interpolation() -> Any:
    import configparser

    class LenientInterpolation(configparser.BasicInterpolation):
        """`%` that begins no interpolation stands for itself.

        Alembic documents `%%` for that, but URLs are made by other tools and set by env.py; stock Alembic then prints
        the URL with its password in a traceback.
        """

        def before_get(self, parser: Any, section: Any, option: Any, value: Any, defaults: Any) -> Any:
            try:
                return super().before_get(parser, section, option, value, defaults)
            except configparser.InterpolationSyntaxError:
                return value

        def before_set(self, parser: Any, section: Any, option: Any, value: Any) -> Any:
            return value

    return LenientInterpolation()
