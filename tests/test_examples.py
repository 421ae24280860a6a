"""The examples are what they claim to be: units that systemd could read, a compose file of plain YAML, commands that exist."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # the package ships no types

from owed.cli.application import application

ROOT = Path(__file__).parent.parent
UNITS = sorted((ROOT / "examples" / "systemd").iterdir())
COMPOSE = ROOT / "examples" / "compose.yaml"


def commands() -> set[str]:
    named = {one.name or getattr(one.callback, "__name__", "") for one in application.registered_commands}
    return named | {one.name for one in application.registered_groups if one.name}


def read(unit: Path) -> configparser.ConfigParser:
    """Keys keep their case; a unit repeats none in our examples, which strict parsing makes sure of."""
    parser = configparser.ConfigParser(interpolation=None, strict=True, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the library's own way to keep the case
    parser.read_string(unit.read_text())
    return parser


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_can_be_read_and_starts_a_command_that_exists(unit: Path) -> None:
    parser = read(unit)
    assert "Unit" in parser
    if unit.suffix == ".timer":
        assert (unit.parent / f"{unit.stem}.service").exists()
        return
    started = parser["Service"]["ExecStart"]
    (command,) = re.findall(r"/opt/owed/\.venv/bin/owed (\S+)", started)
    assert command in commands()
    assert shlex.split(started)
    assert parser["Service"]["User"] == "owed"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_knows_every_key(unit: Path) -> None:
    found = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "Unknown key" not in found.stderr


def test_the_compose_file_describes_the_fleet() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    assert set(services) == {"database", "broker", "worker", "serve"}
    assert services["worker"]["deploy"]["replicas"] == 2
    for name in ("worker", "serve"):
        program, command, *_ = services[name]["command"]
        assert (program, command in commands()) == ("owed", True)
        assert services[name]["read_only"] is True
    assert all(port.startswith("127.0.0.1:") for port in services["serve"]["ports"])


def test_no_secret_stands_in_an_example() -> None:
    for path in (COMPOSE, *UNITS):
        assert not re.search(r"(?i)(password|token|secret)\s*[=:]\s*['\"]?[A-Za-z0-9]{8,}", path.read_text()), path


def test_every_command_in_the_operations_page_exists() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    named = set(re.findall(r"(?:`| {4})owed ([a-z-]+)", text))
    assert named
    assert named <= commands()
