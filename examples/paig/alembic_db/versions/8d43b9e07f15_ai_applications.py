"""AI applications

Revision ID: 8d43b9e07f15
Revises: 5a1c0f6e2b7d
Create Date: 2024-09-17 16:40:02

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from core.db_models.utils import CommaSeparatedList

revision: str = "8d43b9e07f15"
down_revision: str | None = "5a1c0f6e2b7d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is watched over."""
    op.create_table(
        "ai_application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("vector_dbs", CommaSeparatedList(4000), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    with op.batch_alter_table("ai_application") as batch:
        batch.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_ai_application_owner", "user", ["owner_id"], ["id"])


def downgrade() -> None:
    """Nothing is."""
    with op.batch_alter_table("ai_application") as batch:
        batch.drop_constraint("fk_ai_application_owner", type_="foreignkey")
        batch.drop_column("owner_id")
    op.drop_table("ai_application")
