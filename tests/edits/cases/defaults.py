"""Defaults that the server fills in: added, changed, dropped."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Float, Integer, Numeric, String, Text, func, text
from sqlalchemy.dialects import mysql, postgresql

from ..case import ALL, MARIADB, POSTGRESQL, SERVERS, SQLITE, Case
from .notes import notes, noting


def _changed(
    label: str, type_: Any, old: Any, new: Any, values: list[Any], databases: Any = ALL, works: bool = True
) -> Case:
    """A default of a column that has values of its own, which stay."""

    def column(default: Any) -> Any:
        return noting(lambda: Column("extra", type_, server_default=default))

    insert = ("INSERT INTO note (id, title) VALUES (9, 'new')",) if works else ()
    return Case(label, column(old), column(new), databases, rows=notes(extra=values), works=insert)


CASES = (
    _changed("number_added", Integer, None, "7", [1, None, 3]),
    _changed("number_changed", Integer, "7", "8", [1, None, 3]),
    _changed("number_dropped", Integer, "7", None, [1, None, 3]),
    _changed("zero_added", Integer, None, "0", [1, None, 3]),
    _changed("negative_changed", Integer, "-1", text("-2"), [1, None, 3]),
    _changed("decimal_changed", Numeric(10, 2), "1.50", "2.50", [Decimal("1.25"), None, Decimal("3.75")]),
    _changed("float_added", Float, None, "0.5", [1.5, None, 3.25]),
    _changed("text_added", String(40), None, "draft", ["a", None, "c"]),
    _changed("text_changed", String(40), "draft", "final", ["a", None, "c"]),
    _changed("text_dropped", String(40), "draft", None, ["a", None, "c"]),
    _changed("text_with_quote", String(40), "it's", 'say "it\'s"', ["a", None, "c"]),
    _changed("text_with_percent", String(40), None, "100% :name %(x)s", ["a", None, "c"]),
    _changed("text_with_backslash", String(40), "a", r"c:\new", ["a", None, "c"], (SQLITE, POSTGRESQL)),
    _changed("text_with_umlauts", String(40), "a", "für 20 €", ["a", None, "c"]),
    _changed("text_empty_added", String(40), None, "", ["a", None, "c"]),
    _changed("text_empty_to_blank", String(40), "", " ", ["a", None, "c"]),
    _changed("text_that_looks_like_a_number", String(40), "1", "01", ["a", None, "c"]),
    _changed("text_that_looks_like_null", String(40), None, "NULL", ["a", None, "c"]),
    _changed("text_case_changed", String(40), "Draft", "draft", ["a", None, "c"]),
    _changed("boolean_added", Boolean, None, text("true"), [True, None, False]),
    _changed("boolean_changed", Boolean, text("true"), text("false"), [True, None, False]),
    _changed("boolean_as_text_changed", Boolean, "0", "1", [True, None, False], (SQLITE, MARIADB)),
    _changed("now_added", DateTime, None, func.now(), [None, None, None]),
    _changed("now_dropped", DateTime, func.now(), None, [None, None, None]),
    _changed("now_to_constant", DateTime, func.now(), "2020-01-01 00:00:00", [None, None, None]),
    _changed("date_changed", Date, "2020-01-01", "2021-12-31", [None, None, None]),
    _changed("expression_added", Integer, None, text("(1 + 2)"), [1, None, 3]),
    _changed("expression_changed", Integer, text("(1 + 2)"), text("(1 + 3)"), [1, None, 3]),
    _changed("function_changed", String(40), text("(lower('AB'))"), text("(upper('ab'))"), ["a", None, "c"]),
    _changed("uuid_added", postgresql.UUID, None, text("gen_random_uuid()"), [None] * 3, (POSTGRESQL,)),
    _changed("json_changed", JSON, text("'{}'"), text("'[]'"), [{"a": 1}, {}, [1]]),
    _changed(
        "jsonb_changed", postgresql.JSONB, text("'{}'"), text("""'{"a": [1, 2]}'"""), [{"a": 1}, {}, [1]], (POSTGRESQL,)
    ),
    _changed("array_added", postgresql.ARRAY(Integer), None, "{1,2}", [[1], None, []], (POSTGRESQL,)),
    _changed("interval_changed", postgresql.INTERVAL, text("'1 day'"), text("'2 days'"), [None] * 3, (POSTGRESQL,)),
    _changed(
        "cast_changed",
        postgresql.TIMESTAMP,
        text("'2020-01-01'::timestamp"),
        text("'2021-01-01'::timestamp"),
        [None] * 3,
        (POSTGRESQL,),
    ),
    _changed("long_text_empty_added", Text, None, "", ["a", None, "c"], (SQLITE, POSTGRESQL)),
    _changed("long_text_expression_added", mysql.TEXT, None, text("('')"), ["a", None, "c"], (MARIADB,)),
    _changed("microseconds_added", mysql.DATETIME(fsp=6), None, text("CURRENT_TIMESTAMP(6)"), [None] * 3, (MARIADB,)),
    Case(
        "on_update_added",
        noting(lambda: Column("seen", mysql.TIMESTAMP, nullable=False, server_default=text("CURRENT_TIMESTAMP"))),
        noting(
            lambda: Column(
                "seen",
                mysql.TIMESTAMP,
                nullable=False,
                server_default=text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
            )
        ),
        (MARIADB,),
        rows=notes(seen=["2020-01-01 00:00:00"] * 3),
    ),
    Case(
        "on_update_dropped",
        noting(
            lambda: Column(
                "seen",
                mysql.DATETIME,
                server_default=text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
            )
        ),
        noting(lambda: Column("seen", mysql.DATETIME, server_default=text("CURRENT_TIMESTAMP"))),
        (MARIADB,),
        rows=notes(seen=["2020-01-01 00:00:00"] * 3),
    ),
    Case(
        "number_changed_and_required",
        noting(lambda: Column("extra", Integer, server_default="7")),
        noting(lambda: Column("extra", Integer, server_default="8", nullable=False)),
        SERVERS,
        rows=notes(extra=[1, 2, 3]),
    ),
)
