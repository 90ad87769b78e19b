"""bookings

Revision ID: b58e17d4c90a
Revises: 6f20c8b35ad1

"""

import sqlalchemy as sa
from alembic import op

revision = "b58e17d4c90a"
down_revision = "6f20c8b35ad1"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(12, 2), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["finance.account.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="finance",
    )


def downgrade():
    op.drop_table("booking", schema="finance")
