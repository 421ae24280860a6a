"""Which file a path names: a SQLite file that is moved, deleted or replaced under a running process is noticed.

To go on would write into a file that nobody looks at again, and what was sent would be sent once more by whoever opens
the one that stands there now.
"""

from pathlib import Path


class SameFile:
    """Remembers which file it was when it was first opened. For many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._first: tuple[int, int] | None = None

    @property
    def is_there(self) -> bool:
        """True too before it was opened first."""
        return self._first is None or self._first == self._identity()

    def opened(self) -> None:
        if self._first is None:
            self._first = self._identity()

    def _identity(self) -> tuple[int, int] | None:
        """Device and number of the file; None where there is none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
