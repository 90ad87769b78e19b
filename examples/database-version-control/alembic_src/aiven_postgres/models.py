"""The tables of the schema stocks."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "stocks"


class Base(DeclarativeBase):
    """The base of all models."""

    metadata = sa.MetaData(schema=SCHEMA)


class Ticker(Base):
    """A share that is traded."""

    __tablename__ = "ticker"

    symbol: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(200))
    validity: Mapped[bool | None]
