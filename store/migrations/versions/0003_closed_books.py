"""closed books"""

import sqlalchemy as sa
from alembic import op

from store import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.add_column(sa.Column("locked_until", columns.DateText(), nullable=True))
