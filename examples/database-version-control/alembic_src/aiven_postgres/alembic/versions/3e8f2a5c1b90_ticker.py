"""ticker

Revision ID: 3e8f2a5c1b90
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "3e8f2a5c1b90"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "ticker",
        sa.Column("symbol", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("symbol"),
        schema="stocks",
    )


def downgrade():
    op.drop_table("ticker", schema="stocks")
