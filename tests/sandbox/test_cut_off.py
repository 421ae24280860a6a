"""A caller that dies in the middle of its request has asked for nothing."""

import socket
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.serve import Sandbox
from tests.sandbox.worlds import bill, debtor, stock
from tests.waiting import until


def test_half_a_request_does_nothing(tmp_path: Path) -> None:
    with Sandbox(tmp_path, company="empty") as sandbox:
        due = bill(debtor(), "H-1", on=sandbox.clock.now().date() - timedelta(days=40))
        path = f"/v1/invoices/{stock(sandbox, 'stripe', due).stripe.ids[due.key]}"
        where = urlsplit(sandbox.config["stripe"]["api_base"])
        key = sandbox.config["stripe"]["api_key"]
        body = b"metadata[note]=x"
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: k1\r\n"
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"

        def ask(*parts: bytes) -> bytes:
            with socket.create_connection((where.hostname, where.port), timeout=20) as caller:
                for part in parts:
                    caller.sendall(part)
                if len(parts) == 1:
                    return b""
                return caller.recv(100_000)

        ask(f"{head}\r\n".encode())
        answer = ask(f"{head}Connection: close\r\n\r\n".encode(), body)
        assert b" 200 " in answer.split(b"\r\n")[0], "the key is free, and its first whole request counts"
        until(lambda: bool(sandbox.world.effects.all()))
        assert [one["kind"] for one in sandbox.world.effects.all()] == ["metadata"]
