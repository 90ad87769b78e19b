"""balance sheet

Revision ID: 0b6de4f1a835
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "0b6de4f1a835"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "balance_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticker", sa.String(length=10), nullable=False),
        sa.Column("report_date", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="stocks",
    )
    op.create_index("ix_stocks_balance_sheet_ticker", "balance_sheet", ["ticker"], schema="stocks")


def downgrade():
    op.drop_index("ix_stocks_balance_sheet_ticker", "balance_sheet", schema="stocks")
    op.drop_table("balance_sheet", schema="stocks")
