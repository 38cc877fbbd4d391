"""What platforms tell: approvals, the directory, workers' reports; notices to parents and whom they reach."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_told"
down_revision = "20261125_asked_and_counted"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("school") as batch_op:
        batch_op.add_column(sa.Column("approvals", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("leave") as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=120), nullable=False, server_default=""))
    told = sa.text("source <> ''")
    op.create_index(
        "uq_leave_source", "leave", ["school_id", "source"], unique=True, sqlite_where=told, postgresql_where=told
    )
    with op.batch_alter_table("duty_entry") as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=120), nullable=False, server_default=""))
    with op.batch_alter_table("account") as batch_op:
        batch_op.add_column(sa.Column("phone", sa.String(length=20), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("former_id", ID, nullable=True))
        batch_op.create_foreign_key(op.f("fk_account_former_id"), "person", ["former_id"], ["id"])
    op.create_table(
        "approval_effect",
        sa.Column("id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_approval_effect_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_effect")),
        sa.UniqueConstraint("school_id", "source", name=op.f("uq_approval_effect_school_id_source")),
    )
    op.create_table(
        "guardian",
        sa.Column("id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=255), nullable=False),
        sa.Column("pupil", sa.String(length=255), nullable=False),
        sa.Column("pupil_name", sa.String(length=64), nullable=False),
        sa.Column("class_id", sa.String(length=255), nullable=False),
        sa.Column("grade_class", sa.String(length=20), nullable=False),
        sa.Column("relation", sa.String(length=64), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_guardian_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian")),
        sa.UniqueConstraint(
            "school_id", "platform", "account", "pupil", name=op.f("uq_guardian_school_id_platform_account_pupil")
        ),
    )
    op.create_index(op.f("ix_guardian_school_id_grade_class"), "guardian", ["school_id", "grade_class"])
    op.create_table(
        "parent_notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decider_id", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("out_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_parent_notice_author_id")),
        sa.ForeignKeyConstraint(["decider_id"], ["person.id"], name=op.f("fk_parent_notice_decider_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_parent_notice_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parent_notice")),
        sa.UniqueConstraint("school_id", "number", name=op.f("uq_parent_notice_school_id_number")),
    )


def downgrade() -> None:
    op.drop_table("parent_notice")
    op.drop_index(op.f("ix_guardian_school_id_grade_class"), "guardian")
    op.drop_table("guardian")
    op.drop_table("approval_effect")
    with op.batch_alter_table("account") as batch_op:
        batch_op.drop_constraint(op.f("fk_account_former_id"), type_="foreignkey")
        batch_op.drop_column("former_id")
        batch_op.drop_column("gone_at")
        batch_op.drop_column("phone")
    with op.batch_alter_table("duty_entry") as batch_op:
        batch_op.drop_column("source")
    op.drop_index("uq_leave_source", "leave")
    with op.batch_alter_table("leave") as batch_op:
        batch_op.drop_column("source")
    with op.batch_alter_table("school") as batch_op:
        batch_op.drop_column("approvals")
