"""Document numbers as people and scanners write them."""

import re

#: Letters that a scanner or a hurried person puts for digits, and the other way round.
_LOOK_ALIKE = str.maketrans("OQILZSBG", "00112586")
#: The same in one go for plain text: letters upper-case, look-alikes made one, all else away.
_AS_READ = {code: chr(code).upper().translate(_LOOK_ALIKE) if chr(code).isalnum() else None for code in range(128)}
_NOT_ALPHANUMERIC = re.compile(r"[^A-Z0-9]+")
_DIGITS = re.compile(r"[0-9]+")


def as_read(text: str) -> str:
    """Upper-case letters and digits, look-alikes made one: `inv-1OO5` and `INV 1005` are the same."""
    if text.isascii():
        return text.translate(_AS_READ)
    return _NOT_ALPHANUMERIC.sub("", text.upper()).translate(_LOOK_ALIKE)


def look_alike(word: str) -> str:
    return word.translate(_LOOK_ALIKE)


def cores(number: str) -> tuple[str, str]:
    """All digits, and the last group of digits, both without leading zeros: `2025-00123` -> `202500123`, `123`."""
    groups = _DIGITS.findall(number)
    if not groups:
        return "", ""
    tail = groups[-1].lstrip("0")
    return (tail if len(groups) == 1 else "".join(groups).lstrip("0")), tail


def last_digits(word: str) -> str:
    groups = _DIGITS.findall(word)
    return groups[-1].lstrip("0") if groups else ""


def nearly(one: str, other: str) -> bool:
    """One digit more, less or wrong, or two neighbours changed; at least four digits."""
    if one[:1] != other[:1] and one[-1:] != other[-1:]:
        return False  # one slip spoils one end at most
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    size, more = len(longer), len(longer) - len(shorter)
    if size < 4 or more > 1 or longer == shorter:
        return False
    place = 0
    while place < size - more and longer[place] == shorter[place]:
        place += 1
    if more:
        return longer[place + 1 :] == shorter[place:]
    if longer[place + 1 :] == shorter[place + 1 :]:
        return True
    changed = longer[place : place + 2] == shorter[place : place + 2][::-1]
    return changed and longer[place + 2 :] == shorter[place + 2 :]
