"""Runs the look-alikes: six servers on 127.0.0.1 in one event loop on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from sandbox import imap, smtp
from sandbox.clock import Clock
from sandbox.company.fill import Fill, Platforms
from sandbox.company.make import Maker
from sandbox.company.plan import Plan
from sandbox.control import ControlDoor
from sandbox.door import Door
from sandbox.ledger import read_ledger
from sandbox.quickbooks import tokens as quickbooks_tokens
from sandbox.quickbooks.door import QuickBooksDoor
from sandbox.state import Record
from sandbox.stripe.door import API_KEY, READ_ONLY_KEY, StripeDoor
from sandbox.world import World, seeded
from sandbox.xero import tokens as xero_tokens
from sandbox.xero.door import XeroDoor

SEED = 20260102
HOST = "127.0.0.1"
ORDER = ("control", "xero", "quickbooks", "stripe", "smtp", "imap")


class Sandbox:
    """All platforms of one folder, which is filled once: from the seed, from a ledger as of a day, or not at all.

    `port` 0 takes free ports, N takes N to N+5 in the order of ORDER. `now` sets the
    clock; a new folder with a ledger stands at noon (UTC) of `as_of`. Raises LedgerErrors and OSError (a port in use)."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        seed: int = SEED,
        now: datetime | None = None,
        company: str = "seeded",
        ledger: Path | None = None,
        as_of: date | None = None,
    ) -> None:
        plan = read_ledger(ledger, as_of) if ledger is not None and as_of is not None else None
        self.folder = Path(folder)
        self.port = port
        self.config: dict[str, Any] = {}
        self.clock = Clock()
        self.world = World(self.folder, self.clock)
        self._set_clock(now, as_of if plan else None)
        self.xero = XeroDoor(self.world)
        self.quickbooks = QuickBooksDoor(self.world)
        self.stripe = StripeDoor(self.world)
        self.platforms = Platforms(self.world, self.xero, self.quickbooks, self.stripe)
        self.control = ControlDoor(self.platforms)
        self._sockets: dict[str, socket.socket] = {}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._servers: list[uvicorn.Server] = []
        self._ready = threading.Event()
        self._listen()
        self._fill(seed, company, plan)

    @property
    def mailbox(self) -> list[Record]:
        return self.world.mailbox.all()

    @contextlib.contextmanager
    def changes(self) -> Iterator[World]:
        """For tests that change the worlds in process: holds the lock and writes the changes through."""
        with self.world.lock:
            yield self.world
            self.world.state.commit()

    # -- preparing --------------------------------------------------------------------------------------------------

    def _set_clock(self, now: datetime | None, as_of: date | None) -> None:
        kept = self.world.setting("clock")
        if kept is None and now is None and as_of is not None:
            now = datetime.combine(as_of, time(12), UTC)
        if now is not None:
            self.clock.set(now)
        elif kept is not None:
            self.clock.offset = timedelta(seconds=kept["offset_seconds"])
        self.world.set("clock", offset_seconds=self.clock.offset.total_seconds())

    def _listen(self) -> None:
        before = {} if self.port else self._ports_before()
        for place, name in enumerate(ORDER):
            listener = listen(self.port + place if self.port else before.get(name, 0), strict=bool(self.port))
            self._sockets[name] = listener
            self.world.address[name] = f"http://{HOST}:{listener.getsockname()[1]}"

    def _ports_before(self) -> dict[str, int]:
        """The ports of the last run in this folder: links in old mails keep working where they are still free."""
        try:
            config = json.loads((self.folder / "sandbox.json").read_text())
            bases = {name: config[name]["api_base"] for name in ("xero", "quickbooks", "stripe")}
            bases["control"] = config["control"]
            ports = {name: urlsplit(base).port or 0 for name, base in bases.items()}
            return {**ports, **{name: int(config[name]["port"]) for name in ("smtp", "imap")}}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def _fill(self, seed: int, company: str, plan: Plan | None) -> None:
        if self.world.setting("filled") is None:
            with seeded(random.Random(seed)):
                fill = Fill(self.platforms, seed)
                today = self.clock.now().date()
                chosen = plan or (Maker(seed, today).make() if company == "seeded" else Plan(today))
                fill.settings(chosen)
                fill.books(chosen)
                if plan is None and company == "seeded":
                    fill.extras(chosen)
                fill.finish()
            self.world.set("filled", company=company, seed=seed)
            self.world.set("qbo.connection", live=True)
            self.xero.tokens.restore_connection(self.clock.now())
        self._write_config()
        self.world.state.commit()

    # -- the configuration ------------------------------------------------------------------------------------------

    def _tokens(self, platform: str, door: XeroDoor | QuickBooksDoor) -> dict[str, str]:
        """The first pair of tokens: made once per folder, and never again by a restart."""
        kept = self.world.setting(f"{platform}.first")
        if kept is None:
            issued = door.tokens.issue(self.clock.now())
            kept = self.world.set(f"{platform}.first", access=issued["access_token"], refresh=issued["refresh_token"])
        return {"access_token": kept["access"], "refresh_token": kept["refresh"]}

    def _write_config(self) -> None:
        at = self.world.address
        account = self.world.setting("stripe.account") or {"account": {"id": ""}}
        self.config = {
            "pid": os.getpid(),
            "control": at["control"],
            "smtp": {"host": HOST, "port": self._sockets["smtp"].getsockname()[1]},
            "imap": {
                "host": HOST,
                "port": self._sockets["imap"].getsockname()[1],
                "username": imap.USERNAME,
                "password": imap.PASSWORD,
            },
            "quickbooks": {
                "api_base": f"{at['quickbooks']}/v3",
                "token_url": f"{at['quickbooks']}/oauth2/v1/tokens/bearer",
                "authorize_url": f"{at['quickbooks']}/connect/oauth2",
                "revoke_url": f"{at['quickbooks']}/v2/oauth2/tokens/revoke",
                "client_id": quickbooks_tokens.CLIENT_ID,
                "client_secret": quickbooks_tokens.CLIENT_SECRET,
                "realm_id": self.quickbooks.books.company["realm"],
                **self._tokens("quickbooks", self.quickbooks),
            },
            "xero": {
                "api_base": f"{at['xero']}/api.xro/2.0",
                "token_url": f"{at['xero']}/connect/token",
                "authorize_url": f"{at['xero']}/identity/connect/authorize",
                "connections_url": f"{at['xero']}/connections",
                "revoke_url": f"{at['xero']}/connect/revocation",
                "client_id": xero_tokens.CLIENT_ID,
                "client_secret": xero_tokens.CLIENT_SECRET,
                "tenant_id": self.xero.books.organisation["tenant"],
                **self._tokens("xero", self.xero),
            },
            "stripe": {
                "api_base": at["stripe"],
                "api_key": API_KEY,
                "read_only_key": READ_ONLY_KEY,
                "account": account["account"]["id"],
            },
        }
        temporary = self.folder / "sandbox.json.new"
        temporary.write_text(json.dumps(self.config, indent=2) + "\n")
        temporary.replace(self.folder / "sandbox.json")

    # -- running ----------------------------------------------------------------------------------------------------

    def start(self) -> Sandbox:
        self._thread = threading.Thread(target=lambda: asyncio.run(self.run()), name="sandbox", daemon=True)
        self._thread.start()
        if not self._ready.wait(20):
            raise RuntimeError("the sandbox did not start")
        return self

    async def run(self) -> None:
        """Serves until `stop` is called."""
        self._loop = asyncio.get_running_loop()
        doors: dict[str, Door] = {**self.control.doors, "control": self.control}
        mail = await self._loop.create_server(lambda: smtp.server(self.world), sock=self._sockets["smtp"])
        answers = await asyncio.start_server(
            lambda reader, writer: imap.serve(self.world, reader, writer), sock=self._sockets["imap"]
        )
        tasks = []
        for name, door in doors.items():
            server = QuietServer(
                uvicorn.Config(door, log_level="critical", lifespan="off", proxy_headers=False, date_header=False,
                               server_header=False, timeout_graceful_shutdown=2)
            )  # fmt: skip
            self._servers.append(server)
            tasks.append(asyncio.create_task(server.serve(sockets=[self._sockets[name]])))
        while not all(server.started for server in self._servers):
            await asyncio.sleep(0.01)
        self._ready.set()
        await asyncio.gather(*tasks)
        mail.close()
        answers.close()

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    def ask_to_stop(self) -> None:
        """Lets `run` end; may be called from a signal handler."""
        for server in self._servers:
            server.should_exit = True

    def stop(self) -> None:
        """Stops the servers and closes the file; may be called from any thread, and twice."""
        self.ask_to_stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(10)
        for listener in self._sockets.values():
            listener.close()
        with self.world.lock:
            self.world.state.close()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def listen(port: int, *, strict: bool) -> socket.socket:
    """A listening socket; another free port when this one is taken, unless strict.

    Answers leave at once: their head and body are two writes, and the second would wait for the caller's delayed ACK."""
    try:
        listener = socket.create_server((HOST, port))
    except OSError:
        if strict or port == 0:
            raise
        listener = socket.create_server((HOST, 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
    return listener


class QuietServer(uvicorn.Server):
    """Leaves the signals to whoever runs the sandbox."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
