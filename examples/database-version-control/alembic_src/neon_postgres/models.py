"""The tables of the schema stocks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "stocks"


class Base(DeclarativeBase):
    """The base of all models."""

    metadata = sa.MetaData(schema=SCHEMA)


class BalanceSheet(Base):
    """What a company had at the end of a quarter."""

    __tablename__ = "balance_sheet"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticker: Mapped[str] = mapped_column(sa.String(10), index=True)
    report_date: Mapped[date]
    total_assets: Mapped[Decimal | None] = mapped_column(sa.Numeric(20, 2))
