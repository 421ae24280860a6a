"""The examples are what they claim to be: units that systemd could read, a compose file of plain YAML, commands that click
parses whole, settings that load, and a fleet of them that starts."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer.core
import typer.main
import yaml  # type: ignore[import-untyped]  # the package ships no types

from owed.cli.application import application
from owed.fleet import open_fleet
from owed.settings import load
from tests.owed.conftest import run

ROOT = Path(__file__).parent.parent
UNITS = sorted((ROOT / "examples" / "systemd").iterdir())
COMPOSE = ROOT / "examples" / "compose.yaml"
FLEET = ROOT / "examples" / "settings"
FILES = sorted(FLEET.glob("*.toml"))
ENVIRONMENT = ROOT / "examples" / "owed.env.example"
#: Where the examples have it; in a test it is the folder of the examples.
INSTALLED = "/etc/owed/fleet"


def commands() -> set[str]:
    named = {one.name or getattr(one.callback, "__name__", "") for one in application.registered_commands}
    return named | {one.name for one in application.registered_groups if one.name}


def read(unit: Path) -> configparser.ConfigParser:
    """Keys keep their case; a unit repeats none in our examples, which strict parsing makes sure of."""
    parser = configparser.ConfigParser(interpolation=None, strict=True, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the library's own way to keep the case
    parser.read_string(unit.read_text())
    return parser


def parsed(words: list[str]) -> dict[str, object]:
    """The options of a command line, as the program takes them; an error of usage for what it does not know."""
    command, rest = typer.main.get_command(application), words[1:]
    context = command.make_context("owed", list(rest))
    while isinstance(command, typer.core.TyperGroup):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        context, command = found.make_context(name, list(rest), parent=context), found
    return dict(context.params)


def command_lines() -> list[list[str]]:
    """Every `owed …` in the units, in the services of the compose file, and in its comments."""
    lines = [shlex.split(line) for line in re.findall(r"worker (owed .*)", COMPOSE.read_text())]
    lines += [one["command"] for one in yaml.safe_load(COMPOSE.read_text())["services"].values() if "command" in one]
    for unit in UNITS:
        started = read(unit)["Service"]["ExecStart"] if unit.suffix == ".service" else ""
        lines += [
            shlex.split(re.sub(r"\$\([^)]*\)", "NOW", line))
            for line in re.findall(r"/opt/owed/\.venv/bin/(owed [^']*)", started)
        ]
    return lines


@pytest.mark.parametrize("words", command_lines(), ids=" ".join)
def test_a_command_line_is_one_that_owed_takes(words: list[str]) -> None:
    told = parsed(words)
    named = [str(told[name]) for name in ("fleet", "config") if told.get(name)]
    assert named
    assert all(name.startswith(INSTALLED) for name in named)


def test_an_option_that_is_misspelt_would_be_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        parsed(["owed", "worker", "--fleets", "."])


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in re.findall(r"^([A-Z_]+)=", ENVIRONMENT.read_text(), re.MULTILINE):
        monkeypatch.setenv(name, f"a-{name.lower()}")
    monkeypatch.setenv("OWED_STORE_URL", f"sqlite:///{tmp_path / 'owed.db'}")
    monkeypatch.setenv("OWED_BROKER_URL", "memory:")


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_settings_file_loads_and_sends_nothing_by_itself(file: Path) -> None:
    settings, problems = load(file)
    assert not problems
    assert settings.sending.mode == "off"
    assert settings.business.id == file.stem


def test_the_environment_names_every_secret_of_the_files() -> None:
    wanted = {name for file in FILES for name in re.findall(r'env = "([A-Z_]+)"', file.read_text())}
    assert wanted == set(re.findall(r"^([A-Z_]+)=", ENVIRONMENT.read_text(), re.MULTILINE))


@pytest.mark.usefixtures("environment")
def test_a_fleet_starts_from_them(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    folder.mkdir()
    for file in FILES:
        (folder / file.name).write_text(file.read_text().replace("/var/lib/owed", str(tmp_path)))
    assert set(open_fleet([], folder, None).tenants.by_organisation) == {"harbour", "wharf"}
    told = run("worker", "--fleet", str(folder), "--once", "--now", "2026-11-18T10:00:00Z")
    assert told.code == 0
    assert "harbour.toml" not in told.err


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_can_be_read_and_names_its_user(unit: Path) -> None:
    parser = read(unit)
    assert "Unit" in parser
    if unit.suffix == ".timer":
        assert (unit.parent / f"{unit.stem}.service").exists()
        return
    started = parser["Service"]["ExecStart"]
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
        assert services[name]["read_only"] is True
        assert services[name]["volumes"][0] == f"./settings:{INSTALLED}:ro"
    assert all(port.startswith("127.0.0.1:") for port in services["serve"]["ports"])


def test_no_secret_stands_in_an_example() -> None:
    for path in (COMPOSE, ENVIRONMENT, *FILES, *UNITS):
        assert not re.search(r"(?i)(password|token|secret)\s*[=:]\s*['\"]?[A-Za-z0-9]{8,}", path.read_text()), path


def test_every_command_in_the_operations_page_exists() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    named = set(re.findall(r"(?:`| {4})owed ([a-z-]+)", text))
    assert named
    assert named <= commands()
