"""The words of a reply, without what it quotes. Pure."""

import re
from email.message import Message
from html.parser import HTMLParser

LONGEST = 2_000
#: More than this of a text part is not looked at: what comes from outside may be long on purpose.
_MOST = 50_000
_MOST_PARTS = 50
_HIDDEN = ("style", "script", "head", "title")
_LINES = ("br", "p", "div", "tr", "li", "blockquote")
#: How mail programmes begin a quotation; what follows is our own words.
_QUOTES = re.compile(
    r"(?im)^[ \t]{0,8}(?:-{2,20} ?(?:original message|ursprüngliche nachricht|message d'origine|mensaje original)\b"
    r"|_{10,80}[ \t]*$|(?:on|am|le|el)\b.{5,200}\b(?:wrote|schrieb|a écrit|escribió)\b.{0,100}:[ \t]{0,8}$)"
)


def excerpt(message: Message) -> str:
    """At most 2,000 characters in lines without unprinted characters; empty where there is no text."""
    text = "\n".join(_text(message).splitlines())
    quoted = _QUOTES.search(text)
    own = text[: quoted.start()] if quoted and text[: quoted.start()].strip() else text
    lines = (_printed(line) for line in own.splitlines() if not line.lstrip().startswith(">"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:LONGEST].rstrip()


def _text(message: Message) -> str:
    html = ""
    for count, part in enumerate(message.walk()):
        if count >= _MOST_PARTS:
            break
        if part.get_content_disposition() == "attachment":
            continue
        if part.get_content_type() == "text/plain" and (plain := _decoded(part)).strip():
            return plain
        if part.get_content_type() == "text/html" and not html:
            html = _without_tags(_decoded(part))
    return html


def _decoded(part: Message) -> str:
    """In the charset that it names, else as UTF-8; what cannot be read in it is shown as a question mark."""
    content = part.get_payload(decode=True)
    kept = content[:_MOST] if isinstance(content, bytes) else b""
    try:
        return kept.decode(str(part.get_content_charset() or "utf-8"), "replace")
    except (LookupError, ValueError):
        return kept.decode("utf-8", "replace")


class _Words(HTMLParser):
    """The text that a browser would show."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the library's arguments
        self._hidden += tag in _HIDDEN
        self.found.append("\n" if tag in _LINES else " ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(" ".join(data.split()))


def _without_tags(html: str) -> str:
    words = _Words()
    words.feed(html)
    return "".join(words.found)


def _printed(line: str) -> str:
    return "".join(one if one.isprintable() else " " for one in line).strip()
