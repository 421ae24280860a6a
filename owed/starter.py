"""The rulebook that a first owed.toml begins with."""

from importlib.resources import files


def starter_rules() -> str:
    return (files("rules") / "defaults" / "starter.toml").read_text(encoding="utf-8")
