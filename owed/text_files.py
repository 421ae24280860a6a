"""Text that a person wrote, read as UTF-8; what is wrong with a file is a problem with its place."""

from pathlib import Path

from receivables.problems import Problem


def read_utf8(path: Path, shown: str = "", hint: str = "") -> tuple[str, list[Problem]]:
    """The text, or "" and the problem. `shown` is the file's name for a person; `hint` is for a missing one."""
    name = shown or str(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return "", [Problem(name, "there is no such file", hint)]
    except OSError as error:
        return "", [Problem(name, f"cannot be read: {(error.strerror or str(error)).lower()}")]
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode("utf-8")) + 1
        return "", [Problem(f"{name}:{line}:{column}", "not UTF-8 text", "save the file as UTF-8")]
