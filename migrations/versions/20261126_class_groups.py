"""Notices to parents by the classes' groups: which group is which class's, and how far a notice is in each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_class_groups"
down_revision = "20261125_forms"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("parent_notice") as batch_op:
        batch_op.add_column(sa.Column("progress_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "class_group",
        sa.Column("id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("connection", sa.String(length=32), nullable=False),
        sa.Column("group_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("grade_class", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_class_group_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_group")),
        sa.UniqueConstraint(
            "school_id", "connection", "group_id", name=op.f("uq_class_group_school_id_connection_group_id")
        ),
    )
    op.create_index(op.f("ix_class_group_school_id_grade_class"), "class_group", ["school_id", "grade_class"])
    op.create_table(
        "notice_post",
        sa.Column("id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("notice_id", ID, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("grade_class", sa.String(length=20), nullable=False),
        sa.Column("owner_id", ID, nullable=True),
        sa.Column("out_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_notice_post_chat_id")),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["parent_notice.id"], name=op.f("fk_notice_post_notice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_notice_post_owner_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_notice_post_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_post")),
        sa.UniqueConstraint("notice_id", "chat_id", name=op.f("uq_notice_post_notice_id_chat_id")),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_notice_post_waiting", "notice_post", ["school_id"], sqlite_where=waiting, postgresql_where=waiting
    )


def downgrade() -> None:
    op.drop_index("ix_notice_post_waiting", "notice_post")
    op.drop_table("notice_post")
    op.drop_index(op.f("ix_class_group_school_id_grade_class"), "class_group")
    op.drop_table("class_group")
    with op.batch_alter_table("parent_notice") as batch_op:
        batch_op.drop_column("reported_at")
        batch_op.drop_column("progress_at")
