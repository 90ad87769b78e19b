"""The applications that are watched over."""

from __future__ import annotations

import sqlalchemy as sa
from core.db_models.base import Base, Identified
from core.db_models.utils import CommaSeparatedList
from sqlalchemy.orm import Mapped, mapped_column


class AIApplication(Identified, Base):
    """An application."""

    __tablename__ = "ai_application"

    name: Mapped[str] = mapped_column(sa.String(255), unique=True)
    vector_dbs: Mapped[list[str] | None] = mapped_column(CommaSeparatedList(4000))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", name="fk_ai_application_owner"))
