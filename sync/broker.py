"""The broker behind the worker. Messages are hints; rows are the truth, so a lost hint costs nothing."""

from dramatiq import Broker, Worker
from dramatiq.brokers.stub import StubBroker


class BrokerError(Exception):
    """The broker that owed.toml names cannot be used."""


def make_broker(url: str) -> Broker:
    """`memory:` needs nothing: the queue lives in the worker's own process, and the sweep finds what a crash lost."""
    if url == "memory:":
        return StubBroker()
    scheme = url.partition(":")[0]
    raise BrokerError(f'[worker] broker: {scheme!r} is not supported by this version; use broker = "memory:"')


class Hands:
    """A broker and the threads that work for it in this process. Raises BrokerError."""

    def __init__(self, url: str, threads: int = 2) -> None:
        self.broker = make_broker(url)
        self._worker = Worker(self.broker, worker_threads=threads)

    def start(self) -> None:
        self._worker.start()

    def finish_all(self) -> None:
        """Wait until the queues are empty and nothing is under way."""
        self._worker.join()

    def stop(self) -> None:
        """Finish what is under way, then stop."""
        self._worker.stop()
        self.broker.close()
