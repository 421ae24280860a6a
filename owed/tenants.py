"""Which organisations a worker serves: the settings files it was given, looked at again when they change."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from owed.errors import BadSettings, Mistake, Outside
from owed.troubles import Troubles
from owed.whereabouts import Whereabouts, read_whereabouts

#: When a file was written, and how long it is.
_Stamp = tuple[int, int]


class Tenants:
    """`files` are named one by one; of `folder` every *.toml counts, also those that are added later.

    A file with problems never replaces what was read of it before."""

    def __init__(self, files: Sequence[Path], folder: Path | None, troubles: Troubles) -> None:
        self._files, self._folder, self._troubles = files, folder, troubles
        self._read: dict[Path, tuple[_Stamp, Whereabouts | None]] = {}
        self.by_organisation: dict[str, Whereabouts] = {}

    def look(self) -> None:
        """Read what is new or was changed. Raises Mistake when the folder cannot be read."""
        present = {path: self._look_at(path) for path in self._paths()}
        self._read = {path: found for path, found in present.items() if found}
        self.by_organisation = self._without_doubles(one for _, one in self._read.values() if one)

    def by_store(self) -> dict[str, list[str]]:
        """Store URL -> the organisations in it."""
        found: dict[str, list[str]] = {}
        for one in self.by_organisation.values():
            found.setdefault(one.store_url, []).append(one.organisation)
        return found

    def broker(self) -> str:
        """The one that all of them name. Raises Mistake."""
        named = {one.broker: one.config for one in self.by_organisation.values()}
        if len(named) > 1:
            first, second, *_ = named.values()
            raise Mistake(f"[worker] broker: {first} and {second} name different ones; a worker has one broker")
        return next(iter(named), "memory:")

    def _paths(self) -> Iterable[Path]:
        if self._folder is None:
            return self._files
        try:
            return [*self._files, *sorted(path for path in self._folder.iterdir() if path.suffix == ".toml")]
        except OSError as error:
            raise Mistake(f"{self._folder}: {error.strerror or error}") from None

    def _look_at(self, path: Path) -> tuple[_Stamp, Whereabouts | None] | None:
        before = self._read.get(path)
        try:
            status = path.stat()
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        if before and before[0] == stamp:
            return before
        try:
            found = read_whereabouts(path)
        except (BadSettings, Outside) as error:
            self._troubles.begin(str(path), f"{error}\n{path}: the settings in force stay")
            return stamp, before[1] if before else None
        self._troubles.end(str(path))
        return stamp, found

    def _without_doubles(self, all_of_them: Iterable[Whereabouts]) -> dict[str, Whereabouts]:
        """The rows of one database are told apart by the organisation alone, and so are hints."""
        found: dict[str, Whereabouts] = {}
        for one in all_of_them:
            first = found.setdefault(one.organisation, one)
            if first is not one:
                line = f'{one.config}: organisation "{one.organisation}" is {first.config} already; it is left out'
                self._troubles.begin(f"double {one.config}", f"{line}; give it another [business] id")
        return found
