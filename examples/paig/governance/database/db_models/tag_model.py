"""What kinds of text are told apart."""

from __future__ import annotations

import sqlalchemy as sa
from core.db_models.base import Base, Identified
from sqlalchemy.orm import Mapped, mapped_column


class Tag(Identified, Base):
    """A kind of text."""

    __tablename__ = "tag"

    name: Mapped[str] = mapped_column(sa.String(64), unique=True)
    description: Mapped[str] = mapped_column(sa.Text)
