"""Picks the metadata out of imported modules. The only part of the room that needs SQLAlchemy."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, NamedTuple, TypeGuard, TypeVar

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import registry

from ..errors import ConfigurationInvalid, ModelsEmpty, ModelsNotFound
from ..objects import all_declared
from .codebase import Codebase, module_path
from .found import Models
from .importing import HOW_TO_NAME, failure
from .walk import read

T = TypeVar("T")

_SHOWN_TABLES = 5


class _Source(NamedTuple):
    """A metadata and the words for it. `is_origin`: made where the words say, rather than imported there."""

    metadata: MetaData
    module: str
    expression: str
    is_origin: bool


class Collector:
    """Gathers metadata in the order in which they are found.

    Args:
        code: the project, to leave out what its modules only import from libraries.
    """

    def __init__(self, code: Codebase) -> None:
        self._code = code
        self._sources: dict[int, _Source] = {}

    def add_module(self, module: ModuleType) -> int:
        """Take what the namespace of a module holds.

        Returns:
            The number of its objects that have metadata.
        """
        sources = list(self._sources_in(module))
        for source in sources:
            self._add(source)
        return len(sources)

    def add_imported_modules(self, module: ModuleType) -> int:
        """Take what the project's modules hold that this one imports: some modules only gather all models.

        Returns:
            The number of their objects that have metadata.
        """
        found: dict[str, ModuleType] = {}
        waiting = [module]
        while waiting:
            for value in [*vars(waiting.pop()).values()]:
                if _is(value, ModuleType) and value.__name__ not in found and self._code.owns_module(value.__name__):
                    found[value.__name__] = value
                    waiting.append(value)
        return sum(self.add_module(found[name]) for name in sorted(found))

    def add_attribute(self, module: ModuleType, dotted: str) -> None:
        """Take an object that was named.

        Raises:
            ModelsNotFound: there is none of this name, or it has no metadata.
            ModelImportFailed: it is a function, and raised.
        """
        value: Any = module
        for name in dotted.split("."):
            try:
                value = getattr(value, name)
            except AttributeError:
                raise self._no_attribute(module, dotted, name, value) from None
            except Exception as error:  # such as Flask-SQLAlchemy's engine, outside of an application
                raise failure(f"reading `{module.__name__}:{dotted}` failed", error, self._code) from error
        self._add_named(value, module, dotted)

    def models(self) -> Models:
        """Everything that was found.

        Raises:
            ModelsNotFound: no metadata.
            ModelsEmpty: none with a table.
            ConfigurationInvalid: two metadata hold a table of the same name.
        """
        if not self._sources:
            raise ModelsNotFound(
                "no SQLAlchemy models were found",
                where=str(self._code.root),
                why="the modules that look like models hold no metadata",
                hint=f"say where the models are: {HOW_TO_NAME}",
            )
        filled = [
            source for source in self._sources.values() if source.metadata.tables or all_declared(source.metadata)
        ]
        if not filled:
            raise ModelsEmpty(
                "the models hold no table",
                where=", ".join(map(self._label, self._sources.values())),
                hint=f"name the modules that define the tables: {HOW_TO_NAME}",
            )
        self._refuse_duplicates(filled)
        metadata = tuple(source.metadata for source in filled)
        return Models(metadata, _defining_modules(metadata, self._code), tuple(map(self._label, filled)))

    # -- namespaces

    def _sources_in(self, module: ModuleType) -> Iterator[_Source]:
        for name, value in [*vars(module).items()]:  # a copy: namespaces grow when something is imported
            metadata = _metadata_of(value)
            # Flask-SQLAlchemy notes in `info` which of the other databases a metadata is for.
            if metadata is None or metadata.info.get("bind_key"):
                continue
            if _is(value, type) and self._code.owns_module(value.__module__):
                yield self._class_source(value, metadata)
            # A library's model or base class that is only imported is not ours. `Base = declarative_base()` is, though
            # its `__module__` is SQLAlchemy's.
            elif (is_made_here := _assigns(module, [name])) or not _is(value, type):
                yield _Source(metadata, module.__name__, _expression(name, value), is_made_here)

    def _class_source(self, a_class: type, metadata: MetaData) -> _Source:
        """The metadata by the name of the project's own base class, which is the one people know it by."""
        owner = next(
            ancestor
            for ancestor in reversed(a_class.__mro__)
            if self._code.owns_module(ancestor.__module__) and _metadata_of(ancestor) is metadata
        )
        return _Source(metadata, owner.__module__, _expression(owner.__qualname__, owner), "metadata" in vars(owner))

    def _add(self, source: _Source) -> None:
        known = self._sources.get(id(source.metadata))
        if known is None or (source.is_origin and not known.is_origin):
            self._sources[id(source.metadata)] = source

    # -- named objects

    def _add_named(self, value: Any, module: ModuleType, expression: str, *, may_call: bool = True) -> None:
        metadata = _metadata_of(value)
        if metadata is not None:
            self._add(_Source(metadata, module.__name__, _expression(expression, value), True))
        elif _is(value, list) or _is(value, tuple):
            for number, item in enumerate(value):
                self._add_named(item, module, f"{expression}[{number}]", may_call=False)
        elif may_call and callable(value) and not _is(value, type):
            self._add_named(self._call(value, module, expression), module, f"{expression}()", may_call=False)
        elif not (_is(value, ModuleType) and self.add_module(value)):
            raise ModelsNotFound(
                f"`{module.__name__}:{expression}` holds no SQLAlchemy models",
                where=self._code.shown_module(module.__name__),
                why=f"its type is {type(value).__name__}",
                hint="name a MetaData, a declarative base, a registry or a Flask-SQLAlchemy object",
            )

    def _call(self, function: Any, module: ModuleType, expression: str) -> object:
        try:
            return function()
        except (Exception, SystemExit) as error:
            raise failure(f"calling `{module.__name__}:{expression}` failed", error, self._code) from error

    def _no_attribute(self, module: ModuleType, dotted: str, name: str, holder: object) -> ModelsNotFound:
        close = difflib.get_close_matches(name, dir(holder), n=1)
        meant = ".".join(close[0] if part == name else part for part in dotted.split(".")) if close else None
        return ModelsNotFound(
            f"`{module.__name__}` has no `{dotted}`",
            where=self._code.shown_module(module.__name__),
            hint=f"did you mean `{module.__name__}:{meant}`?" if meant else "name something that the module holds",
        )

    # -- results

    def _label(self, source: _Source) -> str:
        return f"{self._code.shown_module(source.module)}: {source.expression}"

    def _refuse_duplicates(self, sources: Iterable[_Source]) -> None:
        """Alembic refuses them as well, with a ValueError in the middle of its work."""
        owners: dict[str, _Source] = {}
        for source in sources:
            for table in source.metadata.tables:
                first = owners.setdefault(table, source)
                if first is not source:
                    raise self._duplicate(table, first, source)

    def _duplicate(self, table: str, first: _Source, second: _Source) -> ConfigurationInvalid:
        labels = [self._label(first), self._label(second)]
        if labels[0] == labels[1]:
            why = f"one file was imported under two names, `{first.module}` and `{second.module}`"
            hint = "import it by one name everywhere"
        else:
            why = "the names of tables must differ over all metadata that one database gets"
            hint = (
                "rename one, give it another schema, or configure two databases, each with its own models. "
                f'With models = ["{first.module}:{first.expression}"] in whimbrel.toml, {_left_out(second)}'
            )
        return ConfigurationInvalid(
            f"the table `{table}` is defined twice", where=" and ".join(labels), why=why, hint=hint
        )


def _left_out(source: _Source) -> str:
    """What naming only the other metadata costs, which nobody expects who only wants a conflict solved."""
    tables = sorted(source.metadata.tables)
    shown = ", ".join(tables[:_SHOWN_TABLES]) + (", …" if len(tables) > _SHOWN_TABLES else "")
    return f"autogenerate would drop what only `{source.module}` defines (it has {shown})"


def _defining_modules(collected: Iterable[MetaData], code: Codebase) -> tuple[str, ...]:
    """The project's modules with a mapped class or a Core table of these metadata, by name."""
    known = {id(metadata) for metadata in collected}
    found: set[str] = set()
    holders: set[str] = set()
    for name, module in [*sys.modules.items()]:
        if name == "__main__" or not code.owns_module(name):
            continue
        values = {key: value for key, value in vars(module).items() if id(_metadata_of(value)) in known}
        if any(_is(value, MetaData) for value in values.values()):
            holders.add(name)
        classes = [value for value in values.values() if _is(value, type)]
        mapped = {c.__module__ for c in classes if _class_attribute(c, "__table__") is not None}
        found.update(filter(code.owns_module, mapped))
        # A table does not know its module, and other modules import it.
        tables = [key for key, value in values.items() if _is(value, Table)]
        if tables and _assigns(module, tables):
            found.add(name)
    return tuple(sorted(found or holders))  # tables that have no name in any module are counted where the metadata is


def _metadata_of(value: object) -> MetaData | None:
    """The metadata of anything that has one."""
    if _is(value, MetaData):
        return value
    if _is(value, registry) or _is(value, Table) or _is_flask_sqlalchemy(value):
        metadata: MetaData = value.metadata
        return metadata
    if _is(value, type):
        held = (_class_attribute(value, name) for name in ("metadata", "registry", "__table__"))
        return next((_metadata_of(a) for a in held if _is(a, MetaData) or _is(a, registry) or _is(a, Table)), None)
    return None


def _class_attribute(a_class: type, name: str) -> object:
    """A class attribute as it is stored: `getattr` would run the user's descriptors and metaclasses."""
    return next((vars(ancestor)[name] for ancestor in a_class.__mro__ if name in vars(ancestor)), None)


def _is_flask_sqlalchemy(value: object) -> TypeGuard[Any]:
    extension = sys.modules.get("flask_sqlalchemy")
    return extension is not None and _is(value, extension.SQLAlchemy)


def _is(value: object, kind: type[T]) -> TypeGuard[T]:
    """`isinstance` by the real type: lazy objects, such as Flask's `request`, fail or start up when asked."""
    return issubclass(type(value), kind)


def _assigns(module: ModuleType, names: Iterable[str]) -> bool:
    """Whether a module's text has `name = …` for any of these, so that it made the object and did not import it."""
    either = b"|".join(re.escape(name.encode()) for name in names)
    # Without spaces inside a block, it is most likely an argument: `name=name,`.
    assignment = rb"^(?:%s)[ \t]*(?::[^=\n]+)?=(?!=)|^[ \t]+(?:%s)[ \t]+(?::[^=\n]+)?=[ \t]" % (either, either)
    return re.search(assignment, read(module_path(module.__name__) or ""), re.MULTILINE) is not None


def _expression(name: str, value: object) -> str:
    return name if _is(value, MetaData) else f"{name}.metadata"
