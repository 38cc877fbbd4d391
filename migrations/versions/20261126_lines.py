"""How each connection hears, for whoever asks from another process."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_lines"
down_revision = "20261126_class_groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "line_state",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("connection", sa.String(length=32), nullable=False),
        sa.Column("well", sa.Boolean(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("todo", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_line_state_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_state")),
        sa.UniqueConstraint("school_id", "connection", name=op.f("uq_line_state_school_id_connection")),
    )


def downgrade() -> None:
    op.drop_table("line_state")
