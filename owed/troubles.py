"""What is wrong outside, said once: a line when it begins, and a line when it is over."""

import logging
import threading

_log = logging.getLogger("owed.worker")


class Troubles:
    """By place: a database, the broker, a settings file. For many threads."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}
        self._lock = threading.Lock()

    def begin(self, place: str, line: str) -> None:
        """Said again only when it is something else."""
        with self._lock:
            known, self._open[place] = self._open.get(place), line
        if known != line:
            _log.error(line)

    def away(self, place: str, line: str) -> None:
        """A server: said once until it is back, however its words change meanwhile."""
        with self._lock:
            is_known = place in self._open
            self._open.setdefault(place, line)
        if not is_known:
            _log.error(line)

    def end(self, place: str, line: str = "") -> None:
        with self._lock:
            known = self._open.pop(place, None)
        if known is not None and line:
            _log.warning(line)
