"""The kinds of values that an archive knows, whatever a database calls its types."""

from __future__ import annotations

INTEGER, FLOAT, DECIMAL, BOOLEAN = "integer", "float", "decimal", "boolean"
TEXT, BYTES, JSON, UUID, ARRAY = "text", "bytes", "json", "uuid", "array"
DATE, TIME, DATETIME, INSTANT, INTERVAL = "date", "time", "datetime", "instant", "interval"
"""An instant is a date and time with a zone; an interval is written as ISO 8601 does; an array as PostgreSQL does. A
kind that a database has no word for is text."""

KINDS = frozenset(
    (INTEGER, FLOAT, DECIMAL, BOOLEAN, TEXT, BYTES, JSON, UUID, ARRAY, DATE, TIME, DATETIME, INSTANT, INTERVAL)
)
TEMPORAL = frozenset((DATE, TIME, DATETIME, INSTANT))
