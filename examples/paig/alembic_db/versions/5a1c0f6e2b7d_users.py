"""users

Revision ID: 5a1c0f6e2b7d
Revises:
Create Date: 2024-07-08 10:12:31

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "5a1c0f6e2b7d"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who may log in."""
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("email", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username"),
    )


def downgrade() -> None:
    """Nobody may."""
    op.drop_table("user")
