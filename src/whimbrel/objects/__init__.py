"""Views, functions, procedures and triggers, declared beside the models: `create_all` and autogenerate make them."""

from .declaring import (
    FUNCTION,
    KINDS,
    PROCEDURE,
    Declared,
    Function,
    MaterializedView,
    Procedure,
    Trigger,
    View,
    all_declared,
)
from .making import declared_in, make, statement_of

__all__ = [
    "FUNCTION",
    "KINDS",
    "PROCEDURE",
    "Declared",
    "Function",
    "MaterializedView",
    "Procedure",
    "Trigger",
    "View",
    "all_declared",
    "declared_in",
    "make",
    "statement_of",
]
