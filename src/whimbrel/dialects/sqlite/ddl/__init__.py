"""What SQLite keeps of a table: the text of its `CREATE TABLE`, read into a value, and written as it was."""

from __future__ import annotations

from .definition import Clause, Column, Definition, Item, Reference
from .indexes import IndexDefinition, read_index
from .reading import NotUnderstood, read_column, read_constraint, read_definition
from .tokens import Token, mentions, names_in_quotes, normalized, quoted, tokens_of

__all__ = [
    "Clause",
    "Column",
    "Definition",
    "IndexDefinition",
    "Item",
    "NotUnderstood",
    "Reference",
    "Token",
    "mentions",
    "names_in_quotes",
    "normalized",
    "quoted",
    "read_column",
    "read_constraint",
    "read_definition",
    "read_index",
    "tokens_of",
]
