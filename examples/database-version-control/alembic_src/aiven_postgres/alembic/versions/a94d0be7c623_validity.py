"""validity

Revision ID: a94d0be7c623
Revises: 3e8f2a5c1b90

"""

import sqlalchemy as sa
from alembic import op

revision = "a94d0be7c623"
down_revision = "3e8f2a5c1b90"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("ticker", sa.Column("validity", sa.Boolean(), nullable=True), schema="stocks")


def downgrade():
    op.drop_column("ticker", "validity", schema="stocks")
