"""erasable journal"""

import sqlalchemy as sa
from alembic import op

from store import columns

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """What entries tell moves into a table of its own. Their hashes stay: heads that were kept elsewhere stay right."""
    op.create_table(
        "erased",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("erased_at", columns.UtcText(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "digest", name=op.f("pk_erased")),
        sqlite_strict=True,
    )
    op.create_table(
        "journal_body",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("number", _WHOLE, nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "number", name=op.f("pk_journal_body")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO journal_body (organisation, number, salt, body) SELECT organisation, number, '', body FROM journal"
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS journal_append_only ON journal")
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER IF EXISTS journal_no_{verb}")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed", sa.Text(), nullable=False, server_default=""))
        batch_op.drop_column("body")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("review_until", columns.UtcText(), nullable=True))
