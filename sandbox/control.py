"""The sandbox's own door: mailbox, clock, faults, what happened, and paying as a customer would."""

from __future__ import annotations

import asyncio
from functools import cached_property
from urllib.parse import urlencode, urlsplit

from sandbox.calls import Answer, Call, Refused, Route, html_answer, json_answer
from sandbox.clock import read_instant
from sandbox.company.fill import Platforms
from sandbox.door import Door
from sandbox.faults import Fault
from sandbox.pages import page
from sandbox.state import Record
from sandbox.truth import truth

DELIVER = "/webhooks/deliver"
QUICKBOOKS_SETTINGS = ("book_close", "auto_apply_credit", "reads_a_month", "older_webhooks")
XERO_SETTINGS = ("lock_date", "year_lock_date", "reminders", "calls_a_day", "emails_a_day", "high_volume")


class ControlDoor(Door):
    platform = "control"

    def __init__(self, platforms: Platforms) -> None:
        super().__init__(platforms.world)
        self.platforms = platforms
        self.doors: dict[str, Door] = {
            "xero": platforms.xero,
            "quickbooks": platforms.quickbooks,
            "stripe": platforms.stripe,
        }

    @cached_property
    def _routes(self) -> list[Route]:
        return [
            Route("GET", "/", self.home),
            Route("GET", "/mailbox", lambda _: html_answer(self.world.mailbox.page())),
            Route("GET", "/mailbox.json", lambda _: json_answer(self.world.mailbox.all())),
            Route("GET", "/inbox.json", lambda _: json_answer(self.world.inbox.all())),
            Route("POST", "/inbox", self.answer),
            Route("GET", "/effects.json", lambda _: json_answer(self.world.effects.all())),
            Route("GET", "/calls.json", lambda _: json_answer(self.world.calls.all())),
            Route("DELETE", "/calls.json", self.clear_calls),
            Route("GET", "/truth.json", lambda _: json_answer(truth(self.platforms))),
            Route("GET", "/clock", lambda _: self._time()),
            Route("POST", "/clock", self.set_clock),
            Route("GET", "/faults", lambda _: self._planned()),
            Route("POST", "/faults", self.plan_fault),
            Route("DELETE", "/faults", self.clear_faults),
            Route("POST", "/limits", self.set_limits),
            Route("GET", "/webhooks", lambda _: json_answer(self.world.webhooks.all())),
            Route("POST", "/webhooks", self.subscribe),
            Route("POST", DELIVER, self.deliver),
            Route("POST", "/xero", self.set_xero),
            Route("POST", "/quickbooks", self.set_quickbooks),
            Route("POST", "/pay", self.pay),
            Route("POST", "/settle", self.settle),
        ]

    def routes(self) -> list[Route]:
        return self._routes

    def home(self, _: Call) -> Answer:
        names = ("mailbox", "mailbox.json", "effects.json", "calls.json", "truth.json", "clock", "faults", "webhooks")
        links = "".join(f"<li><a href=/{name}>{name}</a></li>" for name in names)
        return html_answer(page("Sandbox", f"<h1>Sandbox</h1><ul>{links}</ul>"))

    # -- clock, faults, limits --------------------------------------------------------------------------------------

    def _body(self, call: Call) -> Record:
        try:
            body = call.json()
        except ValueError as problem:
            raise wrong("the body is no JSON") from problem
        if not isinstance(body, dict):
            raise wrong("the body is no object")
        return body

    def _time(self) -> Answer:
        return json_answer({"now": self.world.clock.now().isoformat()})

    def set_clock(self, call: Call) -> Answer:
        body = self._body(call)
        try:
            if "now" in body:
                self.world.clock.set(read_instant(str(body["now"])))
            self.world.clock.advance(float(body.get("advance_seconds", 0)))
        except ValueError as problem:
            raise wrong(str(problem)) from problem
        self.world.set("clock", offset_seconds=self.world.clock.offset.total_seconds())
        return self._time()

    def _planned(self) -> Answer:
        return json_answer([vars(one) for one in self.world.faults.planned])

    def plan_fault(self, call: Call) -> Answer:
        try:
            self.world.faults.plan(self._body(call))
        except (ValueError, TypeError) as problem:
            raise wrong(str(problem)) from problem
        return self._planned()

    def clear_faults(self, _: Call) -> Answer:
        self.world.faults.clear()
        return self._planned()

    def clear_calls(self, _: Call) -> Answer:
        self.world.calls.clear()
        return json_answer({})

    def set_limits(self, call: Call) -> Answer:
        body = self._body(call)
        for name in [str(body["platform"])] if "platform" in body else list(self.doors):
            if name not in self.doors:
                raise wrong(f"unknown platform {name}")
            self.doors[name].limits_on = bool(body.get("enabled", True))
        return json_answer({name: door.limits_on for name, door in self.doors.items()})

    def set_xero(self, call: Call) -> Answer:
        """What the organisation's people would set: lock dates (ISO days), own reminders; and what Xero would."""
        wanted = {name: value for name, value in self._body(call).items() if name in XERO_SETTINGS}
        kept = self.world.setting("xero.organisation") or {}
        record = self.world.settings.put({**kept, **wanted})
        return json_answer({name: record.get(name) for name in XERO_SETTINGS})

    def set_quickbooks(self, call: Call) -> Answer:
        """What the company's people would set, and a merge of two customers: {"merge": [loser's id, winner's id]}."""
        body, books = self._body(call), self.platforms.quickbooks.books
        record = self.world.settings.put(
            {**books.company, **{one: body[one] for one in QUICKBOOKS_SETTINGS if one in body}}
        )
        if "merge" in body:
            loser, winner = (books["Customer"].get(str(one)) for one in body["merge"])
            if loser is None or winner is None or loser is winner:
                raise wrong("merge names two customers")
            books.merge(loser, winner)
        return json_answer({name: record.get(name) for name in QUICKBOOKS_SETTINGS})

    # -- webhooks ---------------------------------------------------------------------------------------------------

    async def _act(self, call: Call, route: Route | None, fault: Fault | None) -> Answer:
        """Deliveries are posted from a thread and without the lock: whoever gets them may call the sandbox first."""
        if route is not None and route.label == f"POST {DELIVER}":
            try:
                return await asyncio.to_thread(self.deliver, call)
            except Refused as refused:
                return refused.answer
        return await super()._act(call, route, fault)

    def subscribe(self, call: Call) -> Answer:
        """{"platform", "url", "secret"}: from now on the platform tells what happens to this address."""
        body = self._body(call)
        try:
            words = [str(body[name]) for name in ("platform", "url", "secret")]
            made = self.world.webhooks.subscribe(*words)
        except KeyError as problem:
            raise wrong(f"{problem.args[0]} is missing") from problem
        except ValueError as problem:
            raise wrong(str(problem)) from problem
        return json_answer({name: made[name] for name in ("platform", "url")})

    def deliver(self, call: Call) -> Answer:
        """Sends what is due now: {"platform"?, "newest_first"?: out of order, "copies"?: each so many times,
        "stranger"?: each with an event of another account}."""
        body = self._body(call)
        told = self.world.webhooks.deliver(
            str(body.get("platform", "")),
            newest_first=bool(body.get("newest_first")),
            copies=int(body.get("copies", 1)),
            stranger=bool(body.get("stranger")),
        )
        return json_answer(told)

    # -- customers --------------------------------------------------------------------------------------------------

    def pay(self, call: Call) -> Answer:
        """Presses the button of a pay page: {"url", "amount"?: minor units, "method"?, "email"?}."""
        body = self._body(call)
        parts = urlsplit(str(body.get("url", "")))
        name = next((one for one, base in self.world.address.items() if urlsplit(base).netloc == parts.netloc), "")
        if name not in self.doors:
            raise wrong("the url is none of this sandbox")
        door = self.doors[name]
        form: dict[str, str] = {key: str(body[key]) for key in ("amount", "method", "email", "name") if key in body}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        pressed = Call("POST", parts.path, [], headers, urlencode(form).encode(), call.now)
        for route in door.routes():
            params = route.match(parts.path) if route.method == "POST" and not parts.path.startswith("/v") else None
            if params is not None:
                pressed.params = params
                return self._press(route, pressed)
        raise wrong("the url is no pay page")

    def _press(self, route: Route, pressed: Call) -> Answer:
        answer = route.handler(pressed)
        return json_answer(
            {"status": answer.status, "paid": answer.status == 200, "page": answer.body.decode()}, answer.status
        )

    def answer(self, call: Call) -> Answer:
        """Something arrives in the business's mailbox: {"raw": text}, or {"kind": reply, away, bounce or delay,
        "mail": id of a mail in the mailbox, "from"?, "subject"?, "text"?}; {"renumber": true} as servers do at times."""
        body, inbox = self._body(call), self.world.inbox
        if body.get("renumber"):
            inbox.renumber()
            return json_answer({"validity": inbox.validity})
        if "raw" in body:
            return json_answer(inbox.add(str(body["raw"]).encode()))
        mail = next((one for one in self.world.mailbox.all() if one["id"] == str(body.get("mail"))), None)
        if mail is None:
            raise wrong("mail names no mail of the mailbox")
        said = {"sender": "from", "subject": "subject", "text": "text"}
        try:
            answer = {name: str(body[key]) for name, key in said.items() if key in body}
            return json_answer(inbox.answer(str(body.get("kind", "reply")), mail, **answer))
        except ValueError as problem:
            raise wrong(str(problem)) from problem

    def settle(self, _: Call) -> Answer:
        """Every pending bank debit comes in."""
        return json_answer({"settled": sum(settle() for settle in self.world.settlers)})


def wrong(message: str) -> Refused:
    return Refused(json_answer({"error": message}, 400))
