"""Kinds of things that MySQL and MariaDB have besides those of `whimbrel.catalog`."""

from __future__ import annotations

PERIOD, TRIGGER = "period", "trigger"
"""Parts of a table: a span of two columns, and what is executed for each row."""

VIEW, EVENT = "view", "event"
FUNCTION, PROCEDURE, PACKAGE, PACKAGE_BODY = "function", "procedure", "package", "package body"
ROUTINES = (FUNCTION, PROCEDURE, PACKAGE, PACKAGE_BODY)
"""What is executed by name, in the order in which it can be made."""

UNREADABLE = "unreadable"
"""A fact of what is there, and the server cannot tell what it is."""

IGNORED = "ignored"
"""A fact of a key that the server does not use: `IGNORED` on MariaDB, `INVISIBLE` on MySQL."""
