"""Which parts of a month's quota were reached, so that each is told once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_quota_marks"
down_revision = "20261125_errands_once"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "quota_mark",
        sa.Column("id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("a_month", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_quota_mark_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_mark")),
        sa.UniqueConstraint(
            "school_id",
            "platform",
            "unit",
            "month",
            "mark",
            "a_month",
            name=op.f("uq_quota_mark_school_id_platform_unit_month_mark_a_month"),
        ),
    )
    op.create_index(op.f("ix_quota_mark_school_id_at"), "quota_mark", ["school_id", "at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_quota_mark_school_id_at"), "quota_mark")
    op.drop_table("quota_mark")
