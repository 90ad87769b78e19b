"""How Sphinx builds the documentation: `make docs`. Nothing is fetched from a network."""

from __future__ import annotations

from inspect import Parameter, Signature
from operator import itemgetter
from typing import Any

import whimbrel
from whimbrel.record import Record

project = "whimbrel"
author = "the whimbrel developers"
copyright = author
version = release = whimbrel.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "errors", "reference/differences.rst"]
default_role = "literal"  # docstrings put code between single backticks
highlight_language = "console"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"whimbrel {release}"
html_copy_source = False
html_show_sphinx = False


def _signature(app: Any, what: str, name: str, value: Any, *_: Any) -> tuple[str, None] | None:
    """A record takes its fields. Every error takes what the base of all errors takes, so that is shown once."""
    if not isinstance(value, type):
        return None
    if issubclass(value, whimbrel.WhimbrelError) and value is not whimbrel.WhimbrelError:
        return "", None
    if not issubclass(value, Record):
        return None
    defaults = value._defaults
    fields = [
        Parameter(field, Parameter.POSITIONAL_OR_KEYWORD, default=defaults.get(field, Parameter.empty))
        for field in value._fields
    ]
    return str(Signature(fields)), None


def _docstring(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    if what == "exception" and issubclass(value, whimbrel.WhimbrelError) and value is not whimbrel.WhimbrelError:
        lines[0] = f":ref:`{value.code} <{value.code.lower()}>`. {lines[0]}"


def _skip(app: Any, what: str, name: str, value: Any, skip: bool, options: Any) -> bool | None:
    """The fields of a record are in its signature."""
    return True if isinstance(value, property) and isinstance(value.fget, itemgetter) else None


def setup(app: Any) -> None:
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-process-docstring", _docstring)
    app.connect("autodoc-skip-member", _skip)
