"""The broker behind the worker. Messages are hints; rows are the truth, so a lost hint costs nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dramatiq
import psycopg
from dramatiq import Broker, Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import BrokerError as BrokerFailure
from dramatiq.middleware import CurrentMessage
from dramatiq.worker import WorkerThread
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError
from redis.exceptions import RedisError

MEMORY = "memory:"

#: A server that takes the connection and says nothing more is another family of errors to pika.
_FAILURES = (BrokerFailure, AMQPError, AMQPConnectorException, RedisError, psycopg.Error, OSError)

#: Seconds to wait for a broker's first answer.
_PATIENCE = 5

#: Threads at most that take hints in the place of others. Each of those holds a page of records and its connections.
_STAND_INS = 32


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
        self._own_threads, self._stopping, self._changing = threads, False, threading.Lock()
        if self.is_shared:
            self._worker.queue_prefetch = threads  # a hint that waits behind a long round is better taken by another
            self.broker.add_middleware(CurrentMessage())

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

    @contextmanager
    def stand_in(self) -> Iterator[None]:
        """While the calling thread waits for a platform, another one takes hints in its place. Afterwards that one
        finishes what it has begun and ends, so for a while one more than usual may be at work."""
        instead = self._begin_another()
        if instead and self.is_shared:
            self._have_heard()
        try:
            yield
        finally:
            if instead:
                instead.stop()

    def _begin_another(self) -> WorkerThread | None:
        """None when there are enough, or none are wanted any more."""
        worker = self._worker
        with self._changing:
            if self._stopping:
                return None
            worker.workers[:] = [one for one in worker.workers if one.is_alive()]
            if len(worker.workers) >= self._own_threads + _STAND_INS:
                return None
            another = WorkerThread(
                broker=self.broker,
                consumers=worker.consumers,
                work_queue=worker.work_queue,
                worker_timeout=worker.worker_timeout,
            )
            another.start()
            while not another.running:
                time.sleep(0.001)  # until then it would forget that it was told to end
            worker.workers.append(another)
            return another

    def _have_heard(self) -> None:
        """A broker gives a process no more hints than it has threads of its own before the first of them is done with.
        This one's slot is claimed in the store, so the hint is needed no more. What is told twice does no harm."""
        hint = CurrentMessage.get_current_message()
        if hint:
            self._worker.consumers[hint.queue_name].post_process_message(hint)  # type: ignore[arg-type]  # it is a proxy

    def finish_all(self) -> None:
        """Wait until the queues of this process are empty and nothing is under way. For `memory:` only."""
        for queue in self.broker.get_declared_queues():
            self.broker.join(queue)
        self._worker.join()

    def stop(self, is_idle: Callable[[], bool]) -> None:
        """Finish what is under way, give back what waits, then stop. A broker that is away is not waited for."""
        with self._changing:
            self._stopping = True
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
