"""Who may log in."""

from __future__ import annotations

import sqlalchemy as sa
from core.db_models.base import Base, Identified
from sqlalchemy.orm import Mapped, mapped_column


class User(Identified, Base):
    """Somebody who may log in."""

    __tablename__ = "user"

    username: Mapped[str] = mapped_column(sa.String(255), unique=True)
    email: Mapped[str | None] = mapped_column(sa.String(255))
