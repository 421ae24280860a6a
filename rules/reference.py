"""The tables of docs/rules.md, made from the words of the language."""

from collections.abc import Iterator

from rules.words import TABLES, Word

_TITLES = {
    "policy": "`[[policy]]`: who gets what",
    "policy.step": "`[[policy.step]]`: when, and what is done",
    "override": "`[[override]]`: exceptions by name",
    "guards": "`[guards]`: what no policy can override",
    "case": "`[[case]]`: tests of the rules",
}


def reference() -> str:
    """Markdown: each table of the rulebook with an example for every word."""
    return "\n".join(line for name, words in TABLES.items() for line in _section(_TITLES[name], words)) + "\n"


def _section(title: str, words: tuple[Word, ...]) -> Iterator[str]:
    yield from (f"### {title}", "", "| word | meaning | default | example |", "| --- | --- | --- | --- |")
    for word in words:
        yield _row(word, "")
        yield from (_row(inner, f"{word.name}.") for inner in word.inside if word.name not in ("step", "invoice"))
    yield ""


def _row(word: Word, before: str) -> str:
    default = "required" if word.required else "" if word.default == "none" else word.default
    example = word.example.replace("\n", "; ").replace("|", "\\|")
    meaning = f"{word.meaning}: {', '.join(word.choices)}" if word.choices and ":" not in word.meaning else word.meaning
    limits = f", {word.least} to {word.most}" if word.least is not None and word.most is not None else ""
    return f"| `{before}{word.name}` | {meaning}{limits} | {default} | `{example}` |"
