"""Whatever answers at the broker's address, or does not: it is away, which is one line and no end of the worker."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sync.broker import BrokerAway, reach

SAYS = {"nothing": b"", "something else": b"HTTP/1.1 400 Bad Request\r\n\r\n"}


@contextmanager
def listening(answer: bytes) -> Iterator[int]:
    """A server that takes every connection, says this, and no more."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            while True:
                try:
                    one, _ = listener.accept()
                except OSError:
                    return
                taken.append(one)
                one.sendall(answer)

        threading.Thread(target=take, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for one in taken:
        one.close()


@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize(
    "broker", ["amqp://ann:secret@127.0.0.1:{}/%2F?stack_timeout=1", "redis://:secret@127.0.0.1:{}/0"]
)
def test_a_server_that_is_no_broker(broker: str, says: str) -> None:
    with listening(SAYS[says]) as port, pytest.raises(BrokerAway) as away:
        reach(broker.format(port))
    assert str(port) in str(away.value)
    assert "secret" not in str(away.value)


@pytest.mark.parametrize(
    "broker",
    ["amqp://ann:secret@127.0.0.1:1/%2F", "redis://:secret@127.0.0.1:1", "postgresql://a:secret@127.0.0.1:1/x"],
)
def test_a_port_where_nobody_listens(broker: str) -> None:
    with pytest.raises(BrokerAway, match="cannot be reached") as away:
        reach(broker)
    assert "secret" not in str(away.value)
