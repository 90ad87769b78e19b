"""accounts

Revision ID: 6f20c8b35ad1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "6f20c8b35ad1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("iban"),
        schema="finance",
    )


def downgrade():
    op.drop_table("account", schema="finance")
