"""What platforms are asked, what was called, where somebody last spoke."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_asked_and_counted"
down_revision = "20261124_quiet_hours"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "errand",
        sa.Column("id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("connection", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=255), nullable=False),
        sa.Column("cause", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_errand_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand")),
    )
    for name, column, state in (("ix_errand_due", "due_at", "due"), ("ix_errand_lost", "id", "lost")):
        where = sa.text(f"state = '{state}'")
        op.create_index(name, "errand", [column], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "call_count",
        sa.Column("id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("connection", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_call_count_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_count")),
        sa.UniqueConstraint(
            "school_id", "day", "connection", "unit", name=op.f("uq_call_count_school_id_day_connection_unit")
        ),
    )
    op.add_column("chat", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("chat", "heard_at")
    op.drop_table("call_count")
    op.drop_table("errand")
