"""The database itself refuses to change or remove a journal entry. What an entry tells may be erased, never changed."""

import sqlalchemy as sa

#: (trigger, verb, table)
_REFUSED = (
    ("journal_no_UPDATE", "UPDATE", "journal"),
    ("journal_no_DELETE", "DELETE", "journal"),
    ("journal_body_no_UPDATE", "UPDATE", "journal_body"),
)

_SQLITE = """CREATE TRIGGER IF NOT EXISTS {name} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""

_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION owed_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$""",
    """CREATE OR REPLACE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal
FOR EACH ROW EXECUTE FUNCTION owed_append_only()""",
    """CREATE OR REPLACE TRIGGER journal_body_append_only BEFORE UPDATE ON journal_body
FOR EACH ROW EXECUTE FUNCTION owed_append_only()""",
)


def protect_journal(connection: sa.Connection) -> None:
    statements = (
        _POSTGRESQL
        if connection.dialect.name == "postgresql"
        else tuple(_SQLITE.format(name=name, verb=verb, table=table) for name, verb, table in _REFUSED)
    )
    for statement in statements:
        connection.exec_driver_sql(statement)
