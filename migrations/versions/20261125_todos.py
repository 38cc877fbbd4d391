"""What stands in people's own lists of things to do (待办)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_todos"
down_revision = "20261125_told"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "todo",
        sa.Column("id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("of", sa.String(length=32), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("connection", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("tried", sa.Boolean(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_todo_person_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_todo_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_todo")),
    )
    there = sa.text("state <> 'gone'")
    columns = ["school_id", "of", "subject_id"]
    op.create_index("ix_todo_subject", "todo", columns, sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    op.drop_index("ix_todo_subject", "todo")
    op.drop_table("todo")
