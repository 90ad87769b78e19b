"""What a schema is made of, as plain values in the database's own words, to be compared and hashed."""

from .comparison import Difference, compare
from .items import (
    CHECK,
    COLUMN,
    ENUM,
    EXCLUSION,
    FOREIGN_KEY,
    INDEX,
    PRIMARY_KEY,
    SEQUENCE,
    TABLE,
    UNIQUE,
    Catalog,
    Item,
)

__all__ = [
    "CHECK",
    "COLUMN",
    "ENUM",
    "EXCLUSION",
    "FOREIGN_KEY",
    "INDEX",
    "PRIMARY_KEY",
    "SEQUENCE",
    "TABLE",
    "UNIQUE",
    "Catalog",
    "Difference",
    "Item",
    "compare",
]
