"""An errand holds all of a form that is to be made; what an approval changed is remembered, and that it was undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_forms"
down_revision = "20261125_quota_marks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("errand") as batch_op:
        batch_op.add_column(sa.Column("details", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("approval_effect") as batch_op:
        batch_op.add_column(sa.Column("did", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("approval_effect") as batch_op:
        batch_op.drop_column("undone_at")
        batch_op.drop_column("did")
    with op.batch_alter_table("errand") as batch_op:
        batch_op.drop_column("details")
