"""Which organisations a worker serves: the settings files it was given, looked at again when they change."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from owed.errors import BadSettings, CommandError, Mistake, Outside
from owed.settings import Settings, load, load_text
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
        self._has_looked = False
        self.by_organisation: dict[str, Whereabouts] = {}

    def look(self) -> None:
        """Read what is new or was changed; a file that is gone takes its organisation with it. Raises Mistake when the
        folder cannot be read the first time; later all stays as it is."""
        try:
            paths = self._paths()
        except OSError as error:
            self._without_folder(f"{self._folder}: {error.strerror or error}")
            return
        self._troubles.end(str(self._folder), f"{self._folder} can be read again")
        present = {path: self._look_at(path) for path in paths}
        for path in self._read.keys() - present.keys():
            self._troubles.end(str(path))
        self._read = {path: found for path, found in present.items() if found}
        self._has_looked = True
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

    def settings_in_force(self, known: Whereabouts) -> Settings | None:
        """Of its file as it stands now; of the version before, while that has problems or tells of another place. None
        when there is no version without problems, which has been said."""
        found, problems = load(known.config)
        if problems:
            return self._say(known.config, BadSettings(problems), known)
        if (found.business.id, found.store_url) != (known.organisation, known.store_url):
            return _without_problems(known)  # look() has not seen it yet
        self._mended(known.config)
        return found

    def _paths(self) -> Sequence[Path]:
        """Raises OSError."""
        if self._folder is None:
            return self._files
        return [*self._files, *sorted(path for path in self._folder.iterdir() if path.suffix == ".toml")]

    def _without_folder(self, line: str) -> None:
        if not self._has_looked:
            raise Mistake(line)
        self._troubles.begin(str(self._folder), f"{line}; its organisations are served as before")

    def _look_at(self, path: Path) -> tuple[_Stamp, Whereabouts | None] | None:
        stamp, before = _stamp(path), self._read.get(path)
        if stamp is None or (before and before[0] == stamp):
            return before if stamp else None
        known = before[1] if before else None
        try:
            found = _read(path, known)
        except (BadSettings, Outside) as error:
            self._say(path, error, known)
            return stamp, known
        self._mended(path)
        return stamp, found

    def _say(self, path: Path, error: CommandError, known: Whereabouts | None) -> Settings | None:
        """One line; what is in force all the same."""
        first, *others = str(error).splitlines()
        more = f", and {len(others)} more: owed rules check --config {path}" if others else ""
        before = _without_problems(known) if known else None
        stays = "what stood there before stays in force" if before else "nothing is done for it until that is mended"
        self._troubles.begin(str(path), f"{first}{more}; {stays}")
        return before

    def _mended(self, path: Path) -> None:
        self._troubles.end(str(path), f"{path}: mended; what stands there now is in force")

    def _without_doubles(self, all_of_them: Iterable[Whereabouts]) -> dict[str, Whereabouts]:
        """The rows of one database are told apart by the organisation alone, and so are hints."""
        found: dict[str, Whereabouts] = {}
        for one in all_of_them:
            first = found.setdefault(one.organisation, one)
            if first is not one:
                line = f'{one.config}: organisation "{one.organisation}" is {first.config} already; it is left out'
                self._troubles.begin(f"double {one.config}", f"{line}; give it another [business] id")
        return found


def _stamp(path: Path) -> _Stamp | None:
    """None when it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read(path: Path, known: Whereabouts | None) -> Whereabouts:
    """At the start only what has to be known to dispatch an hour; a change is looked at as a whole, since it has to be
    right as a whole to take the place of what is in force. Raises BadSettings and Outside."""
    problems = load(path)[1] if known else []
    if problems:
        raise BadSettings(problems)
    return read_whereabouts(path)


def _without_problems(known: Whereabouts) -> Settings | None:
    settings, problems = load_text(known.text, known.config)
    return None if problems else settings
