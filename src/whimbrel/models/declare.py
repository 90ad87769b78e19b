"""Reads one Python file without importing it: does it declare tables, mapped classes or what they are made from?

The names that only SQLAlchemy uses (`mapped_column`, `__tablename__`) count wherever they come from. The others
(`Table`, `Column`, `registry`, `X.Model`) are also words of rich, boto3, pypika and Django, so where they come from is
looked up in the file's own imports.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..syntax import parsed
from .walk import SourceFile

# Every file that declares holds one of these; a search for bytes is some hundred times faster than parsing.
_HINTS = (
    b"__table",
    b"eclarative",
    b"automap_base",
    b"mapped_column",
    b"Mapped",
    b"MetaData",
    b"SQLModel",
    b"SQLAlchemy(",
    b".Model",
    b"registry(",
    b"Column(",
    b"Table(",
    b"Table as ",
    b"table=True",
    b"table = True",
    b"whimbrel",  # its views and functions
)
_MAKES_BASE = frozenset({"automap_base", "declarative_base", "generate_base"})
_MAKES = _MAKES_BASE | {"SQLAlchemy"}
_MAKES_IF_SQLALCHEMY = frozenset({"MetaData", "Table", "registry"})
_DECORATORS = frozenset({"as_declarative", "as_declarative_base"})
_BASES = _MAKES_BASE | {"DeclarativeBase", "DeclarativeBaseNoMeta", "SQLModel"}
_TABLE_ATTRIBUTES = frozenset({"__table__", "__table_args__", "__tablename__"})
_MAPPED = frozenset({"DynamicMapped", "Mapped", "WriteOnlyMapped"})
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class Class(NamedTuple):
    """A class of a file: the dotted names of its bases, and whether it declares by itself.

    SQLModel's classes are data unless they say `table=True`, so that inheriting from one declares nothing.
    """

    bases: tuple[str, ...]
    declares: bool
    is_sqlmodel: bool = False


class Maker(NamedTuple):
    """A function, class or value of a file: whether its code builds a table, and the dotted names it makes use of."""

    builds: bool
    uses: frozenset[str]


class Facts(NamedTuple):
    """What one file says about itself.

    Args:
        declares: whether it must be imported to know the tables.
        is_application: it makes a Flask-SQLAlchemy object; in an `__init__.py`, that is an application package.
        classes: its classes by name.
        bases: other names that hold a declarative base, such as `Base = declarative_base()`.
        imported: local name → (module, name in it, or None when the name is the module).
        stars: the modules of `from … import *`.
        makers: its functions, classes and computed values by name.
        used_at_import: the dotted names that run, or are handed over, while it is imported.
    """

    declares: bool
    is_application: bool
    classes: dict[str, Class]
    bases: frozenset[str]
    imported: dict[str, tuple[str, str | None]]
    stars: tuple[str, ...]
    makers: Mapping[str, Maker] = {}
    used_at_import: frozenset[str] = frozenset()


def may_declare(source: bytes) -> bool:
    """Whether it is worth parsing a file."""
    return any(hint in source for hint in _HINTS)


def read_facts(file: SourceFile, source: bytes, project: frozenset[str]) -> Facts | None:
    """Parse one file.

    Args:
        file: its name, against which relative imports are resolved.
        source: its bytes.
        project: the top-level names of the project, to tell its own imports from libraries.

    Returns:
        The facts; None when the file is not Python of this interpreter.
    """
    try:
        tree = parsed(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return _Reader(file, tree, project).facts()


class _Reader:
    def __init__(self, file: SourceFile, tree: ast.Module, project: frozenset[str]) -> None:
        self._file = file
        self._tree = tree
        self._own = {*project}
        self._statements = list(_statements(tree))
        self._imported: dict[str, tuple[str, str | None]] = {}
        self._stars: list[str] = []
        self._local = {s.name for s in self._statements if isinstance(s, ast.ClassDef | ast.FunctionDef)}
        for statement in self._statements:
            self._note_import(statement)
        self._databases = self._local_databases()

    def facts(self) -> Facts:
        classes = {node.name: self._read_class(node) for node in self._statements if isinstance(node, ast.ClassDef)}
        classes |= {name: Class(bases, False) for name, bases in self._typed_classes()}
        return Facts(
            declares=any(found.declares for found in classes.values())
            or any(map(self._makes, self._calls()))
            or any(map(_is_of_objects, self._imported.values())),
            is_application=bool(self._databases),
            classes=classes,
            bases=frozenset(self._local_bases()),
            imported=self._imported,
            stars=tuple(self._stars),
            makers=self._makers(),
            used_at_import=_used(_run_at_import(self._tree.body)),
        )

    # -- names and where they come from

    def _note_import(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                self._imported[alias.asname or module] = (module, None)
        elif isinstance(statement, ast.ImportFrom):
            module = self._absolute(statement)
            for alias in statement.names:
                if alias.name == "*":
                    self._stars.append(module)
                else:
                    self._imported[alias.asname or alias.name] = (module, alias.name)

    def _absolute(self, statement: ast.ImportFrom) -> str:
        if not statement.level:
            return statement.module or ""
        package = self._file.package.split(".")
        above = package[: max(0, len(package) - statement.level + 1)]
        module = ".".join(filter(None, [*above, statement.module]))
        self._own.add(module.partition(".")[0])
        return module

    def _is_sqlalchemys(self, dotted: str) -> bool:
        """Whether a name can be SQLAlchemy's, by its own import or through a module of the project."""
        first = dotted.partition(".")[0]
        if first in self._imported:
            return self._may_hand_on(self._imported[first][0])
        if first in self._databases:
            return True
        return first not in self._local and "." not in dotted and any(map(self._may_hand_on, self._stars))

    def _may_hand_on(self, module: str) -> bool:
        top = module.partition(".")[0]
        return top in self._own or "alchemy" in top or top == "sqlmodel"

    def _original(self, dotted: str) -> str:
        """The last part of a name, as it is called where it comes from."""
        _, origin = self._imported.get(dotted, ("", None))
        return origin or dotted.rpartition(".")[2]

    # -- what declares

    def _makes(self, call: ast.Call) -> bool:
        dotted = _dotted(call.func)
        name = self._original(dotted)
        return name in _MAKES or (name in _MAKES_IF_SQLALCHEMY and self._is_sqlalchemys(dotted))

    def _read_class(self, node: ast.ClassDef) -> Class:
        bases = tuple(_bases(node))
        return Class(bases, self._class_declares(node, bases), "SQLModel" in map(self._original, bases))

    def _typed_classes(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The classes that `Name = type("Name", (Base,), {…})` makes."""
        for statement in self._statements:
            if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(statement.value, ast.Call):
                continue
            call = statement.value
            if _dotted(call.func) == "type" and len(call.args) > 1 and isinstance(call.args[1], ast.Tuple):
                bases = tuple(_dotted(_uncalled(base)) for base in call.args[1].elts)
                yield from ((name, bases) for name in _targets(statement))

    def _class_declares(self, node: ast.ClassDef, bases: tuple[str, ...]) -> bool:
        return (
            any(map(self._is_model_base, bases))
            or any(map(_is_model_keyword, node.keywords))
            or any(name.rpartition(".")[2] in _DECORATORS for name in _decorators(node))
            or any(map(self._attribute_declares, node.body))
        )

    def _is_model_base(self, dotted: str) -> bool:
        if self._original(dotted) in _BASES:
            return True
        return dotted.endswith(".Model") and self._is_sqlalchemys(dotted)

    def _attribute_declares(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.FunctionDef):  # a `declared_attr`
            return statement.name in _TABLE_ATTRIBUTES
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            return False
        if isinstance(statement, ast.AnnAssign) and _is_mapped(statement.annotation):
            return True
        return not _TABLE_ATTRIBUTES.isdisjoint(_targets(statement)) or self._is_column(statement.value)

    def _is_column(self, value: ast.expr | None) -> bool:
        if not isinstance(value, ast.Call):
            return False
        dotted = _dotted(value.func)
        name = self._original(dotted)
        return name == "mapped_column" or (name == "Column" and self._is_sqlalchemys(dotted))

    # -- what builds tables when it is called

    def _makers(self) -> dict[str, Maker]:
        makers: dict[str, Maker] = {}
        for statement in _at_top(self._tree.body):
            if isinstance(statement, _FUNCTIONS | ast.ClassDef):
                makers[statement.name] = self._maker(_deferred(statement))
            elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                lambdas = (node for node in ast.walk(statement.value) if isinstance(node, ast.Lambda))
                made = self._maker(lambdas)
                makers |= {
                    name: Maker(made.builds, made.uses | _used([statement.value])) for name in _targets(statement)
                }
        return makers

    def _maker(self, code: Iterable[ast.AST]) -> Maker:
        nodes = [node for part in code for node in ast.walk(part)]
        return Maker(any(map(self._builds, nodes)), _used(nodes, deep=False))

    def _builds(self, node: ast.AST) -> bool:
        if isinstance(node, ast.ClassDef):
            # What a function's own class inherits from is most often handed in: any class may be a model.
            return bool(node.bases) or self._read_class(node).declares
        if not isinstance(node, ast.Call):
            return False
        dotted = _dotted(node.func)
        if dotted == "type":
            return len(node.args) > 1  # with one argument, it only asks
        return self._original(dotted) == "Table" and self._is_sqlalchemys(dotted)

    def _local_databases(self) -> set[str]:
        """Names that hold a Flask-SQLAlchemy object: `db = SQLAlchemy()` makes `db.Table` and `db.Model` mean it."""
        return {
            target
            for statement in self._statements
            if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Call)
            if self._original(_dotted(statement.value.func)) == "SQLAlchemy"
            for target in _targets(statement)
        }

    def _local_bases(self) -> Iterator[str]:
        for statement in self._statements:
            if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
                continue
            if self._is_model_base(_dotted(_uncalled(statement.value))):
                yield from _targets(statement)

    def _calls(self) -> Iterator[ast.Call]:
        for statement in self._statements:
            for expression in _expressions(statement):
                yield from (node for node in ast.walk(expression) if isinstance(node, ast.Call))


def _is_of_objects(origin: tuple[str, str | None]) -> bool:
    """Whether an import is of what declares views, functions and triggers."""
    module, name = origin
    return module == "whimbrel.objects" or origin == ("whimbrel", "objects") or (module == "whimbrel" and name is None)


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """All statements, however deep, but none of their expressions: those are most of a tree."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        for block in _BLOCKS:
            waiting += getattr(node, block, ())


def _expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child


def _at_top(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that make names of the module, within conditions too."""
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            if _is_script_guard(node):
                continue
            yield node
        if not isinstance(node, _FUNCTIONS | ast.ClassDef):
            for block in _BLOCKS:
                waiting += getattr(node, block, ())


def _is_script_guard(statement: ast.stmt) -> bool:
    """`if __name__ == "__main__":`, which no import runs."""
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Compare)
        and isinstance(statement.test.ops[0], ast.Eq)
        and "__name__" in _used([statement.test])
    )


def _deferred(node: ast.stmt) -> Iterator[ast.AST]:
    """The code of a function, or of the functions in a class: what runs when it is called."""
    if isinstance(node, _FUNCTIONS):
        yield from node.body
    elif isinstance(node, ast.ClassDef):
        for statement in node.body:
            yield from _deferred(statement)
        # What it inherits or delegates to, it does as well.
        yield from (*node.bases, *(keyword.value for keyword in node.keywords))


def _run_at_import(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """The expressions that an import evaluates."""
    for statement in _at_top(body):
        if isinstance(statement, _FUNCTIONS):
            yield from statement.decorator_list
        elif isinstance(statement, ast.ClassDef):
            yield from (*statement.decorator_list, *statement.bases, *(word.value for word in statement.keywords))
            yield from _run_at_import(statement.body)
        else:
            yield from _expressions(statement)


def _used(code: Iterable[ast.AST], *, deep: bool = True) -> frozenset[str]:
    """The dotted names in expressions."""
    nodes = (node for part in code for node in (ast.walk(part) if deep else (part,)))
    return frozenset(_dotted(node) for node in nodes if isinstance(node, ast.Name | ast.Attribute))


def _bases(node: ast.ClassDef) -> Iterator[str]:
    for base in node.bases:
        yield _dotted(base.value if isinstance(base, ast.Subscript) else _uncalled(base))


def _decorators(node: ast.ClassDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        yield _dotted(_uncalled(decorator))


def _uncalled(node: ast.expr) -> ast.expr:
    """The function of a call: `declarative_base()` says as much as its name."""
    return node.func if isinstance(node, ast.Call) else node


def _is_model_keyword(keyword: ast.keyword) -> bool:
    if keyword.arg == "metaclass":
        return _dotted(keyword.value).rpartition(".")[2] == "DeclarativeMeta"
    return keyword.arg == "table" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _is_mapped(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Constant):  # quoted
        return str(annotation.value).partition("[")[0].rpartition(".")[2] in _MAPPED
    value = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return _dotted(value).rpartition(".")[2] in _MAPPED


def _dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of names; what is computed is left empty, as in `.c` for `f().c`."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))
