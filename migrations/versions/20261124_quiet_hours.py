"""What is held over night is found by its time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_quiet_hours"
down_revision = "20261124_month"
branch_labels = None
depends_on = None


def upgrade() -> None:
    held = sa.text("state = 'held'")
    op.create_index("ix_outbox_held", "outbox", ["due_at"], sqlite_where=held, postgresql_where=held)


def downgrade() -> None:
    op.drop_index("ix_outbox_held", table_name="outbox")
