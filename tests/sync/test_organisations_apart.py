"""Several organisations in one database: every statement of a whole round, and of the commands, names its own alone."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from owed.fleet import open_fleet
from owed.worker import Worker
from store.engine import open_engine
from store.tables import metadata
from sync.broker import MEMORY
from tests.owed.running import run as owed
from tests.sync.conftest import Office

THE_OTHER = "the-other"
