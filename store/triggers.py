"""The database itself refuses to change or remove a journal entry."""

import sqlalchemy as sa

_SQLITE = """CREATE TRIGGER IF NOT EXISTS journal_no_{verb} BEFORE {verb} ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""

_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION owed_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$""",
    """CREATE OR REPLACE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal
FOR EACH ROW EXECUTE FUNCTION owed_append_only()""",
)


def protect_journal(connection: sa.Connection) -> None:
    statements = (
        _POSTGRESQL
        if connection.dialect.name == "postgresql"
        else tuple(_SQLITE.format(verb=verb) for verb in ("UPDATE", "DELETE"))
    )
    for statement in statements:
        connection.exec_driver_sql(statement)
