"""Bringing a backup into an empty store. Nothing that may have been sent since is sent again by itself."""

import datetime as dt
from itertools import batched

import sqlalchemy as sa

from store import journal, organisations, outbox
from store.backup import Backup
from store.engine import StoreError, Transaction
from store.migrate import known_versions, migrate
from store.tables import metadata

#: Rows of one statement.
_PAGE = 1_000
#: What may have left since the backup was made: a person has to look.
_MAY_HAVE_LEFT = ("planned", "approved")
