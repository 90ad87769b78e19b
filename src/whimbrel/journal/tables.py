"""The journal's tables, for SQLAlchemy."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, PrimaryKeyConstraint, String, Table, Text

from .attempt import ATTEMPTS, STATEMENTS


class Tables:
    """Both tables, in the schema of the version table. Times are text, in UTC, so that they are the same everywhere."""

    def __init__(self, schema: str | None) -> None:
        self.metadata = MetaData()
        self.attempts = Table(
            ATTEMPTS,
            self.metadata,
            Column("run", String(32), nullable=False),
            Column("number", Integer, nullable=False),
            Column("revision", String(255), nullable=False),
            Column("direction", String(9), nullable=False),
            Column("from_heads", Text, nullable=False),
            Column("to_heads", Text),
            Column("state", String(11), nullable=False),
            Column("started_at", String(32), nullable=False),
            Column("ended_at", String(32)),
            Column("file", String(255)),
            Column("file_sha256", String(64)),
            Column("code_sha256", String(64)),
            Column("tools", String(255), nullable=False),
            Column("application", String(255), nullable=False),
            Column("host", String(255), nullable=False),
            Column("pid", Integer, nullable=False),
            Column("os_user", String(255)),
            Column("db_user", String(255)),
            Column("session", String(32)),
            Column("git_branch", String(255)),
            Column("git_commit", String(64)),
            Column("error", Text),
            PrimaryKeyConstraint("run", "number"),
            schema=schema,
        )
        self.statements = Table(
            STATEMENTS,
            self.metadata,
            Column("revision", String(255), nullable=False),
            Column("direction", String(9), nullable=False),
            Column("seq", Integer, nullable=False, autoincrement=False),
            Column("state", String(11), nullable=False),
            Column("summary", String(255), nullable=False),
            Column("sql_sha256", String(64), nullable=False),
            Column("parameters_sha256", String(64), nullable=False),
            Column("before_image", String(64)),
            Column("affected", BigInteger),
            Column("inserted_id", BigInteger),
            Column("returned_rows", Integer, nullable=False),
            Column("at", String(32), nullable=False),
            PrimaryKeyConstraint("revision", "direction", "seq"),
            schema=schema,
        )
