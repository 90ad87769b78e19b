"""What one revision file says of itself, read without running it wherever that is possible.

A revision file is Python, but nearly every one states its identity in four plain assignments: of 288 real files, 286
can be read with a regular expression, which is 10 to 17 times cheaper than parsing them. So a file is read by regular
expression, else (anything but plain literals, or a name bound twice) by `ast`, else (an identity that is computed) by
importing it. When a revision is executed, its module is held against what was read here.
"""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from ..errors import RevisionFileBroken
from ..syntax import parsed
from .revision_file import RevisionFile

if TYPE_CHECKING:
    import ast

NAMES = ("revision", "down_revision", "branch_labels", "depends_on")


_BINDING = re.compile(rf"^([ \t]*)({'|'.join(NAMES)})[ \t]*(?::[^=\n]+)?=(?!=)[ \t]*(.*)$", re.MULTILINE)
_PLAIN = re.compile(r"""(?:None|'([^'\\]*)'|"([^"\\]*)")[ \t]*(?:\#.*)?""")
_MENTION = re.compile(rf"^[^#\n]*\b(?:{'|'.join(NAMES)})\b", re.MULTILINE)
_FUNCTION = re.compile(r"^(?:@|(?:async[ \t]+)?def\b|class\b)", re.MULTILINE)
_COOKIE = re.compile(r"(?:[^\n]*\n)?[ \t\f]*#[^\n]*coding[:=]")
_DOCSTRING = re.compile(r'(?:[ \t]*(?:#[^\n]*)?\n)*"""([^\\]*?)"""')
_LINE_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_NO_DOCSTRING = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*(?:from|import|revision|down_revision)\b")
_LEGACY_NAME = re.compile(r"([a-f0-9]+)\.py")


def read(path: str) -> RevisionFile:
    """The revision in the file at `path`.

    Runs the file only if its identity is computed, or if it is bytecode.

    Raises:
        RevisionFileBroken: the file cannot be read, parsed or (where that was necessary) imported, or names no id.
    """
    if not path.endswith(".py"):
        return of_module(import_file(path), path)
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        raise RevisionFileBroken(
            "a revision file cannot be read",
            where=path,
            why=error.strerror,
            hint="see that you may read it; nothing that needs it runs until then",
        ) from error
    return _by_pattern(source, path) or _by_syntax(source, path) or of_module(import_file(path), path)


def _by_pattern(source: bytes, path: str) -> RevisionFile | None:
    """The revision if its names occur above the first function only, each at most once, bound to a plain literal."""
    text = _text(source)
    values: dict[str, tuple[str, ...]] = {}
    for indent, name, literal in _BINDING.findall(text):
        plain = _PLAIN.fullmatch(literal.rstrip())
        if indent or name in values or plain is None:
            return None
        values[name] = tuple(group for group in plain.groups() if group)
    docstring = _DOCSTRING.match(text)
    begins_plainly = _LINE_END.match(text, docstring.end()) if docstring else _NO_DOCSTRING.match(text)
    if not values.get("revision") or not begins_plainly:
        return None
    # What else mentions a name may bind it (an import, say), and what looks like a binding may be a line of a string.
    header = _FUNCTION.split(text[docstring.end() if docstring else 0 :], maxsplit=1)[0]
    if len(_MENTION.findall(header)) != len(values) or '"""' in header or "'''" in header:
        return None
    return _revision_file(path, values, docstring[1] if docstring else "")


def _text(source: bytes) -> str:
    """What Python's tokenizer sees, or nothing if only that can tell: another encoding, or no text at all."""
    try:
        text = source.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text or _COOKIE.match(text) else text


def _by_syntax(source: bytes, path: str) -> RevisionFile | None:
    """The revision if every name is bound once, at the top of the module, to a literal; else None."""
    import ast

    module = _parse(source, path)
    values: dict[str, tuple[str, ...]] = {}
    for statement in module.body:
        match statement:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value) if (
                name in NAMES
            ):
                if name in values:
                    return None
                try:
                    values[name] = _as_names(ast.literal_eval(value))
                except (TypeError, ValueError):
                    return None
            case _ if _binds_a_name(statement):
                return None
    if len(values.get("revision", ())) != 1:
        return None
    return _revision_file(path, values, ast.get_docstring(module, clean=False) or "")


def _parse(source: bytes, path: str) -> ast.Module:
    try:
        return parsed(source, path)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise RevisionFileBroken(
            "a revision file is not valid Python",
            where=f"{path}:{line}" if line else path,
            why=error.msg if isinstance(error, SyntaxError) else str(error),
            hint="correct the file; nothing that needs it runs until then",
        ) from error


def _binds_a_name(node: ast.AST) -> bool:
    """Whether the statement binds one of the names at module level, in a way only running it can tell."""
    import ast

    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
            return False
        case ast.Name(name, ast.Store()) if name in NAMES:
            return True
        case ast.alias(name, alias) if (alias or name) in NAMES:
            return True
    return any(_binds_a_name(child) for child in ast.iter_child_nodes(node))


def import_file(path: str) -> ModuleType:
    """Run a revision file and return its module, which does not enter `sys.modules` (as in Alembic).

    Raises:
        RevisionFileBroken: the file raised.
    """
    import importlib.util

    name = re.sub(r"\W", "_", path.rpartition("/")[2].rpartition("\\")[2])
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RevisionFileBroken("a revision file cannot be imported", where=path, why="it is no Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a file that exits must not end the command as if all were done
        raise RevisionFileBroken(
            "a revision file cannot be imported",
            where=_origin(error, path),
            why=f"{type(error).__name__}: {error}",
            hint="correct the file; nothing that needs it runs until then",
        ) from error
    return module


def _origin(error: BaseException, path: str) -> str:
    """The line of the revision file in which an import failed."""
    if isinstance(error, SyntaxError) and error.filename == path and error.lineno:
        return f"{path}:{error.lineno}"
    line, traceback = None, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == path:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return f"{path}:{line}" if line else path


def of_module(module: ModuleType, path: str) -> RevisionFile:
    """The revision that a module is, once its file has run; what was read of the file is held against it.

    Raises:
        RevisionFileBroken: it has no id, or one of the names is bound to something else than names.
    """
    values = {}
    for name in NAMES:
        try:
            values[name] = _as_names(getattr(module, name, None))
        except TypeError as error:
            raise RevisionFileBroken(
                f"{name} is neither a string, nor a tuple of strings, nor None",
                where=path,
                why=str(error),
                hint="correct the file; nothing that needs it runs until then",
            ) from error
    if len(values["revision"]) != 1:
        legacy = _LEGACY_NAME.fullmatch(path.rpartition("/")[2])
        if legacy is None or values["revision"]:
            raise RevisionFileBroken(
                "a file in the versions folder has no revision id",
                where=path,
                why='there is no line  revision = "…"',
                hint="add the line, or move a file that is no revision out of the folder",
            )
        values["revision"] = (legacy[1],)
    return _revision_file(path, values, module.__doc__ or "")


def _as_names(value: object) -> tuple[str, ...]:
    """None, a name, or several names as a tuple of names."""
    if value is None:
        return ()
    names = (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]  # TypeError is the answer
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"{value!r}")
    return tuple(str.__str__(name) for name in names if name)  # a member of `class Branch(str, Enum)` is its value


def _revision_file(path: str, values: dict[str, tuple[str, ...]], docstring: str) -> RevisionFile:
    if sys.version_info >= (3, 13) and ("\t" in docstring or "\n " in docstring):
        # The compiler takes tabs and common indentation out of docstrings since 3.13.
        import inspect

        docstring = inspect.cleandoc(docstring)
    return RevisionFile(
        path,
        values["revision"][0],
        values.get("down_revision", ()),
        values.get("branch_labels", ()),
        values.get("depends_on", ()),
        docstring.strip(),
    )
