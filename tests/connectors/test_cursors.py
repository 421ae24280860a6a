"""Cursors that another release wrote."""

import pytest

from connectors import cursors
from connectors.xero.paging import Mark


@pytest.mark.parametrize("cursor", ["", "{", "[]", '{"since":5}', "null", '{"page":"x"}'])
def test_a_cursor_that_cannot_be_read_starts_again(cursor: str) -> None:
    assert cursors.read(cursor, Mark()) == Mark()


def test_a_cursor_comes_back_as_it_was_written_whatever_a_newer_release_added() -> None:
    mark = Mark(since="2026-01-02T03:04:05", page=3)
    assert cursors.read(cursors.write(mark), Mark()) == mark
    assert cursors.read(cursors.write(mark)[:-1] + ',"new":1}', Mark()) == mark
