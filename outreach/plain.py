"""Text from outside as it may stand in a message: one line, no control characters, nothing that hides or reorders."""

import re
import unicodedata

#: Categories of characters that are never printed: controls, formats (bidi marks, joiners), surrogates, private use.
_UNPRINTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LONGEST = 200


def plain(text: str, longest: int = _LONGEST) -> str:
    """One line: runs of white space and unprinted characters become one space; cut where it is too long."""
    words = "".join(_printed(character) for character in text)
    line = re.sub(r"\s+", " ", words).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _printed(character: str) -> str:
    category = unicodedata.category(character)
    if category not in _UNPRINTED:
        return character
    return "" if category == "Cf" else " "


def plain_lines(text: str, most: int = 20) -> str:
    """The same for text of several lines, such as bank details."""
    lines = (plain(line) for line in text.splitlines()[:most])
    return "\n".join(lines).strip()


def has_unprinted(text: str) -> bool:
    """Would it be refused in a header?"""
    return any(unicodedata.category(character) in _UNPRINTED for character in text)
