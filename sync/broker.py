"""The broker behind the worker. Messages are hints; rows are the truth, so a lost hint costs nothing."""

import threading
from collections.abc import Callable

import dramatiq
import psycopg
from dramatiq import Broker, Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import BrokerError as BrokerFailure
from pika.exceptions import AMQPError
from redis.exceptions import RedisError

MEMORY = "memory:"

_FAILURES = (BrokerFailure, AMQPError, RedisError, psycopg.Error, OSError)

#: Seconds to wait for a broker's first answer.
_PATIENCE = 5


class BrokerError(Exception):
    """The broker that owed.toml names cannot be used."""


class BrokerAway(Exception):
    """The broker does not answer. Nothing is lost: what is due stands in the store."""


def make_broker(url: str) -> Broker:
    """Connects to nothing yet. Raises BrokerError for a URL that means no broker.

    `memory:` needs nothing: the queue lives in the worker's own process.
    """
    maker = _MAKERS.get(url.partition(":")[0])
    if maker is None:
        raise BrokerError(f"[worker] broker: {_without_password(url)!r} is none of {', '.join(_MAKERS)}")
    try:
        return maker(url)
    except (ValueError, psycopg.Error) as error:
        raise BrokerError(f"[worker] broker: {_without_password(url)!r}: {error}") from None


def _memory(_url: str) -> Broker:
    return StubBroker()


def _rabbitmq(url: str) -> Broker:
    """Confirmed: a hint that RabbitMQ did not write down is an error here, not a silence."""
    from dramatiq.brokers.rabbitmq import RabbitmqBroker

    return RabbitmqBroker(url=url, confirm_delivery=True)


def _redis(url: str) -> Broker:
    """Redis and Valkey. With the library's own settings the hints of a worker that was killed come back some day, since
    it looks for dead workers in one of a thousand calls; with these, within 20 seconds."""
    import redis
    from dramatiq.brokers.redis import RedisBroker

    client = redis.Redis.from_url(url, socket_connect_timeout=_PATIENCE, socket_timeout=30)
    return RedisBroker(client=client, heartbeat_timeout=15_000, maintenance_chance=200_000)  # type: ignore[no-untyped-call]  # partly typed


def _postgresql(url: str) -> Broker:
    from dramatiq_postgres import PostgresBroker

    return PostgresBroker(  # type: ignore[no-any-return]  # it ships no types
        url=url, results=False, heartbeat_interval=4.0, heartbeat_ttl=15.0, maintenance_interval=5.0
    )


_MAKERS: dict[str, Callable[[str], Broker]] = {
    "memory": _memory,
    "amqp": _rabbitmq,
    "amqps": _rabbitmq,
    "redis": _redis,
    "rediss": _redis,
    "postgresql": _postgresql,
}


def reach(url: str) -> None:
    """Ask the broker whether it is there. Raises BrokerAway."""
    scheme = url.partition(":")[0]
    try:
        if scheme.startswith("redis"):
            import redis

            with redis.Redis.from_url(url, socket_connect_timeout=_PATIENCE, socket_timeout=_PATIENCE) as client:
                client.ping()
        elif scheme.startswith("amqp"):
            import pika

            pika.BlockingConnection(pika.URLParameters(url)).close()
        elif scheme == "postgresql":
            _prepare_postgresql(url)
    except _FAILURES as error:
        raise BrokerAway(_why(url, error)) from error


def _prepare_postgresql(url: str) -> None:
    """Its tables are made in a schema of their own, named dramatiq."""
    from dramatiq_postgres.schema import init

    with psycopg.connect(url, connect_timeout=_PATIENCE) as connection, connection.cursor() as cursor:
        init(cursor)


def _why(url: str, error: BaseException) -> str:
    lines = str(error).splitlines()
    reason = lines[0] if lines else type(error).__name__
    return f"the broker at {_without_password(url)} cannot be reached: {reason}"


def _without_password(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2].partition('?')[0]}"


class Hands:
    """A broker and the threads that work for it in this process. Raises BrokerError."""

    def __init__(self, url: str, threads: int = 2) -> None:
        self.url = url
        self.broker = make_broker(url)
        self._worker = Worker(self.broker, worker_threads=threads)
        if self.is_shared:
            self._worker.queue_prefetch = threads  # a hint that waits behind a long round is better taken by another

    @property
    def is_shared(self) -> bool:
        """Other processes see the same queue."""
        return self.url != MEMORY

    def reach(self) -> None:
        """Raises BrokerAway."""
        reach(self.url)

    def declare(self, name: str, work: Callable[..., None], *, minutes: int, queue: str, priority: int) -> "Send":
        """An actor that gives up after so many minutes, and does not start on a hint that is older.

        Our rows decide about retries, not the broker."""
        milliseconds = minutes * 60_000
        actor = dramatiq.actor(
            actor_name=name,
            broker=self.broker,
            queue_name=queue,
            priority=priority,
            max_retries=0,
            time_limit=milliseconds,
            max_age=milliseconds,
        )(work)

        def send(*hint: str) -> None:
            try:
                actor.send(*hint)
            except _FAILURES as error:
                raise BrokerAway(_why(self.url, error)) from error

        return send

    def start(self) -> None:
        self._worker.start()

    def finish_all(self) -> None:
        """Wait until the queues of this process are empty and nothing is under way. For `memory:` only."""
        for queue in self.broker.get_declared_queues():
            self.broker.join(queue)
        self._worker.join()

    def stop(self, is_idle: Callable[[], bool]) -> None:
        """Finish what is under way, give back what waits, then stop. A broker that is away is not waited for."""
        stopping = threading.Thread(target=self._stop, daemon=True)
        stopping.start()
        idle_for = 0
        while stopping.is_alive() and idle_for < _PATIENCE:
            stopping.join(1)
            idle_for = idle_for + 1 if is_idle() else 0

    def _stop(self) -> None:
        try:
            self._worker.stop()
            self.broker.close()
        except _FAILURES:
            return  # it is away: what it has not heard is sent again from the rows


#: Sends one hint. Raises BrokerAway.
Send = Callable[..., None]
