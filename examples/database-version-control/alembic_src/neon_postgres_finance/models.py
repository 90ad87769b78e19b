"""The tables of the schema finance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "finance"


class Base(DeclarativeBase):
    """The base of all models."""

    metadata = sa.MetaData(schema=SCHEMA)


class Account(Base):
    """An account."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    iban: Mapped[str] = mapped_column(sa.String(34), unique=True)


class Booking(Base):
    """Money that came or went."""

    __tablename__ = "booking"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(f"{SCHEMA}.account.id"))
    booked_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(12, 2))
