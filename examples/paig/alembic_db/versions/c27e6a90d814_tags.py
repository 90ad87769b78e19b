"""tags, and those that are always there

Revision ID: c27e6a90d814
Revises: 8d43b9e07f15
Create Date: 2025-02-03 09:01:55

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from core.db_models.base import now

revision: str = "c27e6a90d814"
down_revision: str | None = "8d43b9e07f15"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Kinds of text, with the first of them."""
    tag = op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    assert tag is not None
    op.bulk_insert(
        tag,
        [
            {"id": number, "create_time": now(), "name": name, "description": description}
            for number, (name, description) in enumerate((("PII", "about a person"), ("TOXIC", "rude")), 1)
        ],
    )


def downgrade() -> None:
    """Without them."""
    op.drop_table("tag")
