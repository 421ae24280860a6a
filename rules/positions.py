"""Where each key and each value of a TOML text stands: what tomli does not tell, read from tree-sitter's tree."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import tomli
import tree_sitter_toml
from tree_sitter import Language, Node, Parser

#: Keys and (from 0) places in arrays, from the top of the document.
Path = tuple[str | int, ...]

_LANGUAGE = Language(tree_sitter_toml.language())
_KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})
#: An ERROR node is where the grammar (TOML 1.0) stumbles over what tomli (TOML 1.1) accepts, such as a trailing comma.
_PASSED_OVER = frozenset({"comment", "ERROR"})


class Place(NamedTuple):
    """Line and column, both counted from 1; columns count characters."""

    line: int
    column: int


@dataclass(slots=True)
class Places:
    """The places of one file's keys and values. What has no place of its own has that of what it stands in."""

    filename: str
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)

    def of_key(self, path: Path) -> str:
        """`file:line:column` of a key, or of the nearest table around it."""
        return self._nearest(self.keys, path)

    def of_value(self, path: Path) -> str:
        """`file:line:column` of a value, or of the nearest thing around it."""
        return self._nearest(self.values, path)

    def _nearest(self, index: dict[Path, Place], path: Path) -> str:
        while path and path not in index:
            path = path[:-1]
        place = index.get(path, Place(1, 1))
        return f"{self.filename}:{place.line}:{place.column}"


def find_places(text: str, filename: str) -> Places:
    """The places in a text that is known to be valid TOML."""
    return _Walk(text, filename).run()


class _Walk:
    """One walk through the tree. `arrays` counts the tables of each [[array]] so far: later headers mean the last."""

    def __init__(self, text: str, filename: str) -> None:
        self.source = text.encode()
        self.lines = self.source.split(b"\n")
        self.places = Places(filename)
        self.arrays: dict[Path, int] = {}

    def run(self) -> Places:
        root = Parser(_LANGUAGE).parse(self.source).root_node
        for node in root.named_children:
            if node.type == "pair":
                self._pair(node, ())
            elif node.type in ("table", "table_array_element"):
                self._section(node)
        return self.places

    def _section(self, node: Node) -> None:
        """`[a.b]` or `[[a.b]]` with its pairs."""
        header = next((child for child in node.named_children if child.type in _KEYS), None)
        if header is None:
            return
        names = self._names(header)
        path = (*self._settle(tuple(names[:-1])), names[-1])
        place = self._place(node)
        if node.type == "table_array_element":
            self.arrays[path] = self.arrays.get(path, -1) + 1
            self._mark(path, place, place)
            path = (*path, self.arrays[path])
        self._mark(path, place, place)
        for child in node.named_children:
            if child.type == "pair":
                self._pair(child, path)

    def _settle(self, names: tuple[str, ...]) -> Path:
        """A header's leading names as a path: a name of an [[array]] means its last table."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            if path in self.arrays:
                path = (*path, self.arrays[path])
        return path

    def _pair(self, node: Node, path: Path) -> None:
        parts = [child for child in node.named_children if child.type not in _PASSED_OVER]
        if len(parts) < 2:
            return
        for name in self._names(parts[0]):
            path = (*path, name)
            self._mark(path, self._place(parts[0]), self._place(parts[-1]))
        self._value(parts[-1], path)

    def _value(self, node: Node, path: Path) -> None:
        if node.type == "inline_table":
            for child in node.named_children:
                if child.type == "pair":
                    self._pair(child, path)
        elif node.type == "array":
            for index, child in enumerate(_items(node)):
                self._mark((*path, index), self._place(child), self._place(child))
                self._value(child, (*path, index))

    def _mark(self, path: Path, key: Place, value: Place) -> None:
        self.places.keys.setdefault(path, key)
        self.places.values.setdefault(path, value)

    def _names(self, node: Node) -> list[str]:
        if node.type == "dotted_key":
            return [name for child in node.named_children for name in self._names(child)]
        text = (node.text or b"").decode()
        return list(tomli.loads(f"{text} = 0")) if node.type == "quoted_key" else [text]

    def _place(self, node: Node) -> Place:
        line, column = node.start_point
        before = self.lines[line][:column]
        return Place(line + 1, len(before.decode(errors="replace")) + 1)


def _items(array: Node) -> Iterator[Node]:
    return (child for child in array.named_children if child.type not in _PASSED_OVER)
