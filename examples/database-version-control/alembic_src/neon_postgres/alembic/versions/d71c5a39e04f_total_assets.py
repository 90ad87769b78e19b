"""total assets

Revision ID: d71c5a39e04f
Revises: 0b6de4f1a835

"""

import sqlalchemy as sa
from alembic import op

revision = "d71c5a39e04f"
down_revision = "0b6de4f1a835"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("balance_sheet", sa.Column("total_assets", sa.Numeric(20, 2), nullable=True), schema="stocks")


def downgrade():
    op.drop_column("balance_sheet", "total_assets", schema="stocks")
