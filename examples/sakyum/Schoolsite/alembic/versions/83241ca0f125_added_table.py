"""Added table

Revision ID: 83241ca0f125
Revises:
Create Date: 2023-02-19 21:14:06

"""

import sqlalchemy as sa
from alembic import op

revision = "83241ca0f125"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    """Questions and answers."""
    op.create_table(
        "exam_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_text", sa.Text(), nullable=False),
        sa.Column("date_posted", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "exam_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("choice_text", sa.String(length=200), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["exam_question.id"]),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade():
    """None of them."""
    op.drop_table("exam_choice")
    op.drop_table("exam_question")
