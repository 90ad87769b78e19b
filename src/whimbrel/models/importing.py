"""Imports the user's modules, and says in the user's terms why one cannot be imported."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType, ModuleType

from ..errors import ModelImportFailed
from .codebase import Codebase, module_path

HOW_TO_NAME = 'models = ["package.module"] in whimbrel.toml, or --models package.module'

# Where `pip install NAME` would fetch nothing, or somebody else's package.
_PACKAGES = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "PIL": "Pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "decouple": "python-decouple",
    "dotenv": "python-dotenv",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "multipart": "python-multipart",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}


def put_first(import_roots: Sequence[Path]) -> None:
    """Put folders at the front of `sys.path`, each once.

    They stay there: models import lazily too, inside functions and when mappers are configured, long after `load`.
    """
    roots = [str(root) for root in import_roots]
    others = [entry for entry in sys.path if os.path.realpath(entry or os.getcwd()) not in roots]
    if any((root / "alembic").exists() or (root / "alembic.py").exists() for root in import_roots):
        # The project's migrations are often in a folder of this name, which would be found instead of Alembic.
        sys.path[:] = others
        with suppress(ModuleNotFoundError):  # in a checkout of Alembic itself, the folder is the right one
            importlib.import_module("alembic")
    sys.path[:] = [*roots, *others]
    importlib.invalidate_caches()  # files may be younger than what this process knows of their folders


def import_module(name: str, code: Codebase, path: Path | None = None) -> ModuleType:
    """Import one module of the user's.

    Args:
        name: its dotted name.
        code: the project, to tell its files from libraries.
        path: the file it is expected to be, when known.

    Raises:
        ModelImportFailed: it raised, exited, or the name belongs to another file; the cause is chained.
    """
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise failure(f"importing `{name}` failed", error, code, path) from error
    found = module_path(name)
    # Folders are compared and not files: Python may have taken a compiled one beside the source.
    if path and found and os.path.realpath(path.parent) != os.path.realpath(os.path.dirname(found)):
        raise ModelImportFailed(
            f"`{name}` is the name of two modules",
            where=code.shown(path),
            why=f"Python found {found}",
            hint="rename one of them, or put it into a package",
        )
    return module


def failure(what: str, error: BaseException, code: Codebase, path: Path | None = None) -> ModelImportFailed:
    """The error for the user's code having raised `error`."""
    name = type(error).__name__
    return ModelImportFailed(
        what,
        where=_where(error, code, path),
        why=f"{name}: {error}" if str(error) else name,
        hint=_hint(error, code),
    )


def is_absent(error: BaseException | None, name: str) -> bool:
    """Whether an import failed because the module itself, or a package above it, does not exist."""
    return isinstance(error, ModuleNotFoundError) and bool(error.name) and f"{name}.".startswith(f"{error.name}.")


def _where(error: BaseException, code: Codebase, path: Path | None) -> str | None:
    if isinstance(error, SyntaxError) and error.filename and code.owns_path(error.filename):
        return f"{code.shown(error.filename)}:{error.lineno}"
    place = _raised_at(error, code)
    if place is not None:
        frame, line = place
        return f"{code.shown(frame.f_code.co_filename)}:{line}"
    return code.shown(path) if path else None


def _raised_at(error: BaseException, code: Codebase) -> tuple[FrameType, int] | None:
    """The innermost frame of the user's own code: a library raised because of what stands there."""
    frames = [*traceback.walk_tb(error.__traceback__)]
    return next((place for place in reversed(frames) if code.owns_path(place[0].f_code.co_filename)), None)


def _hint(error: BaseException, code: Codebase) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _hint_for_missing(error.name, code)
    if isinstance(error, SystemExit):
        return f'let it exit only under `if __name__ == "__main__":`, or name the modules to import: {HOW_TO_NAME}'
    if isinstance(error, ImportError) and "partially initialized" in str(error):
        return f"the modules import each other; name first the one that can be imported first: {HOW_TO_NAME}"
    if "already defined" in str(error) and (twins := _twins(error, code)):
        return f"`{twins[0]}` and `{twins[1]}` are the same file: import it by one name everywhere"
    return f"fix the module, or name the modules to import: {HOW_TO_NAME}"


def _hint_for_missing(name: str, code: Codebase) -> str:
    top = name.partition(".")[0]
    if any(_has(root, top) for root in code.import_roots):
        return f"the project has no module `{name}`: correct the import"
    for folder in sorted(code.root.glob("[!.]*/")):
        if _has(folder, top):
            return f'`{top}` is in {code.shown(folder)}: prepend_sys_path = ["{code.shown(folder)}"] in whimbrel.toml'
    # A package that is there without this module in it is of another version.
    command = "pip install --upgrade" if top in sys.modules else "pip install"
    return f"{command} {_PACKAGES.get(top, top)}"


def _has(folder: Path, top: str) -> bool:
    return (folder / top).is_dir() or (folder / f"{top}.py").exists()


def _twins(error: BaseException, code: Codebase) -> tuple[str, str] | None:
    """The two names of the file that raised, if it was imported before under another one."""
    place = _raised_at(error, code)
    if place is None:
        return None
    frame, _ = place
    name = str(frame.f_globals.get("__name__"))
    others = (other for other in [*sys.modules] if other not in (name, "__main__"))
    return next(((other, name) for other in others if module_path(other) == frame.f_code.co_filename), None)
