"""Of the errands that wait there is one for each question."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_errands_once"
down_revision = "20261125_todos"
branch_labels = None
depends_on = None

OLD, NEW = sa.text("state = 'due'"), sa.text("state IN ('due', 'asking')")


def upgrade() -> None:
    op.execute(
        "UPDATE errand SET state = 'done' WHERE state = 'due' AND id NOT IN "
        "(SELECT MIN(id) FROM errand WHERE state = 'due' GROUP BY school_id, connection, what, about)"
    )
    key = ["school_id", "connection", "what", "about"]
    op.create_index("uq_errand_waiting", "errand", key, unique=True, sqlite_where=OLD, postgresql_where=OLD)
    op.drop_index("ix_errand_due", "errand")
    op.create_index("ix_errand_due", "errand", ["due_at"], sqlite_where=NEW, postgresql_where=NEW)


def downgrade() -> None:
    op.drop_index("ix_errand_due", "errand")
    op.drop_index("uq_errand_waiting", "errand")
    op.execute("UPDATE errand SET state = 'due' WHERE state = 'asking'")
    op.create_index("ix_errand_due", "errand", ["due_at"], sqlite_where=OLD, postgresql_where=OLD)
