"""A shop for music with eleven tables and one of everything that a column can be, made up from numbers."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

REVISION = '''"""the shop"""

import sqlalchemy as sa
from alembic import op

revision = "c41000000001"
down_revision = None


def upgrade():
    from support.chinook import metadata

    metadata.create_all(op.get_bind())


def downgrade():
    from support.chinook import metadata

    metadata.drop_all(op.get_bind())
'''

metadata = sa.MetaData()
_precise = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_instant = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_interval = sa.Interval()
_time = sa.Time().with_variant(mysql.TIME(fsp=6), "mysql", "mariadb")
_double = sa.Double()
_blob = sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_numbers = sa.JSON(none_as_null=True).with_variant(sa.ARRAY(sa.Integer), "postgresql")


def _table(name: str, *columns: Any, **options: Any) -> sa.Table:
    return sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), *columns, **options)


artist = _table("artist", sa.Column("name", sa.String(120)))
album = _table(
    "album", sa.Column("title", sa.String(160), nullable=False), sa.Column("artist_id", sa.ForeignKey("artist.id"))
)
genre = _table("genre", sa.Column("name", sa.String(120)))
media_type = _table("media_type", sa.Column("name", sa.String(120)))
employee = _table(
    "employee",
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("reports_to", sa.ForeignKey("employee.id")),
    sa.Column("born", sa.Date),
    sa.Column("begins", _time),
    sa.Column("is_here", sa.Boolean, nullable=False),
)
customer = _table(
    "customer",
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("support_rep_id", sa.ForeignKey("employee.id")),
    sa.Column("token", sa.Uuid, unique=True),
    sa.Column("wishes", sa.JSON(none_as_null=True)),
    sa.Column("seen_at", _instant),
)
invoice = _table(
    "invoice",
    sa.Column("customer_id", sa.ForeignKey("customer.id"), nullable=False),
    sa.Column("date", _precise, nullable=False),
    sa.Column("total", sa.Numeric(12, 3), nullable=False),
    sa.Column("state", sa.Enum("open", "paid", "it's void", name="invoice_state")),
)
track = _table(
    "track",
    sa.Column("name", sa.Text),
    sa.Column("album_id", sa.ForeignKey("album.id")),
    sa.Column("media_type_id", sa.ForeignKey("media_type.id")),
    sa.Column("genre_id", sa.ForeignKey("genre.id")),
    sa.Column("length", _interval),
    sa.Column("bytes", sa.BigInteger),
    sa.Column("gain", _double),
    sa.Column("cover", _blob),
    sa.Column("chords", _numbers),
)
invoice_line = _table(
    "invoice_line",
    sa.Column("invoice_id", sa.ForeignKey("invoice.id"), nullable=False),
    sa.Column("track_id", sa.ForeignKey("track.id"), nullable=False),
    sa.Column("price", sa.Numeric(10, 2), nullable=False),
)
playlist = _table("playlist", sa.Column("name", sa.String(120)))
playlist_track = sa.Table(
    "playlist_track",
    metadata,
    sa.Column("playlist_id", sa.ForeignKey("playlist.id"), primary_key=True),
    sa.Column("track_id", sa.ForeignKey("track.id"), primary_key=True),
)

_TEXTS = (
    "",
    "Ångström",
    "it's",
    'a "b" \\ c',
    "two\nlines\tand a tab",
    "日本語 🎵",
    " padded ",
    "%s %% :x ? $1",
    "NULL",
)
_DAY = dt.date(2024, 2, 29)
_MOMENT = dt.datetime(2024, 2, 29, 23, 59, 59, 123456)


def _name(number: int) -> str:
    return f"{_TEXTS[number % len(_TEXTS)]}{number}"


def rows(scale: int = 1) -> Iterator[tuple[sa.Table, list[dict[str, Any]]]]:
    """The rows of every table, those that are referred to before those that refer to them."""
    yield artist, [{"id": n, "name": _TEXTS[n] if n < len(_TEXTS) else _name(n)} for n in range(275 * scale)]
    yield album, [{"id": n, "title": _name(n), "artist_id": n % 275 if n % 3 else None} for n in range(347 * scale)]
    yield genre, [{"id": n, "name": _name(n)} for n in range(25)]
    yield media_type, [{"id": n, "name": None if n == 3 else _name(n)} for n in range(5)]
    # The first ones report to those behind them.
    yield (
        employee,
        [
            {
                "id": n,
                "name": _name(n),
                "reports_to": None,
                "born": _DAY - dt.timedelta(days=n * 1000),
                "begins": dt.time(n % 24, 30, 0, n),
                "is_here": bool(n % 2),
            }
            for n in range(8)
        ],
    )
    yield (
        customer,
        [
            {
                "id": n,
                "name": _name(n),
                "support_rep_id": n % 8 if n % 5 else None,
                "token": uuid.UUID(int=n * 2**64 + 7),
                "wishes": [{"a": [1, 2.5, None, "é"], "b": {"c": n}}, [], "text", None, 12, True][n % 6],
                "seen_at": (_MOMENT + dt.timedelta(hours=n)).replace(tzinfo=dt.UTC),
            }
            for n in range(59 * scale)
        ],
    )
    yield (
        invoice,
        [
            {
                "id": n,
                "customer_id": n % 59,
                "date": _MOMENT + dt.timedelta(seconds=n),
                "total": decimal.Decimal(n * 1001 - 50000) / 1000,
                "state": ("open", "paid", "it's void", None)[n % 4],
            }
            for n in range(412 * scale)
        ],
    )
    yield (
        track,
        [
            {
                "id": n,
                "name": _name(n),
                "album_id": n % 347,
                "media_type_id": n % 5,
                "genre_id": n % 25,
                "length": dt.timedelta(seconds=n),
                "bytes": 2**62 + n if n % 2 else -(2**62) - n,
                "gain": (0.1 * n, -0.0, 1e-300, 1.7976931348623157e308, 1 / 3)[n % 5],
                "cover": (b"", bytes(range(256)), None, b"\x00\xff'\\")[n % 4],
                "chords": [[1, 2, n], [], None][n % 3],
            }
            for n in range(3503 * scale)
        ],
    )
    yield (
        invoice_line,
        [
            {"id": n, "invoice_id": n % 412, "track_id": n, "price": decimal.Decimal(n) / 100}
            for n in range(2240 * scale)
        ],
    )
    yield playlist, [{"id": n, "name": _name(n)} for n in range(18)]
    yield playlist_track, [{"playlist_id": n % 18, "track_id": n // 4} for n in range(8715)]


def fill(url: str, scale: int = 1) -> None:
    """Make the rows. Where 0 would be taken for "the next number", they begin at 1 all the same: that is told first."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        if engine.dialect.name in ("mysql", "mariadb"):
            connection.exec_driver_sql("SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')")
        for table, values in rows(scale):
            connection.execute(sa.insert(table), [{**dict.fromkeys(table.columns.keys()), **row} for row in values])
        connection.execute(sa.update(employee).where(employee.c.id < 7).values(reports_to=employee.c.id + 1))


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows, as SQLAlchemy makes Python's values of them."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return {
            table.name: [_aware(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


def _aware(row: Any) -> tuple[Any, ...]:
    """Where there are no zones, times are in UTC."""
    return tuple(
        value.astimezone(dt.UTC).replace(tzinfo=None) if isinstance(value, dt.datetime) and value.tzinfo else value
        for value in row
    )
