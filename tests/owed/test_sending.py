"""From go-live to the outbox: what leaves, what waits, what is refused, and what a person may do about it."""

import datetime as dt
from collections.abc import Callable

import pytest
import requests

from store import outbox
from store.outbox import Effect
from tests.owed.conftest import Desk


def planned(desk: Desk) -> list[Effect]:
    """Messages that wait for approval; nothing has left."""
    desk.settings(r"\[sending\]", '[sending]\napproval_above = "0.01 GBP"')
    desk.go_live()
    desk.owed("apply", "--yes")
    waiting = desk.effects("planned")
    assert len(waiting) >= 4
    return [one for one in waiting if one.verb == "send_reminder"]


def become(desk: Desk, effect: Effect, change: Callable[..., bool], *words: object) -> None:
    with desk.installation.store.write() as tx:
        assert change(tx, desk.now, effect, *words)


def test_golive_shows_asks_and_begins(desk: Desk) -> None:
    desk.settings("reminds_by_itself = false\n", "")
    refused = desk.owed("golive", answers="n\nn\n")
    assert "Does ledger (quickbooks) send reminders by itself? [Y/n]" in refused.err
    assert "Chase these 5 debtors from now on? [y/N]" in refused.err
    assert "older than 60 days: held" in refused.out
    assert desk.json("status")["live_at"] is None
    agreed = desk.owed("golive", answers="perhaps\nn\ny\n")
    assert "live: 5 debtors will be chased; at most 10 messages on the first day" in agreed.out
    assert desk.json("status")["live_at"] == "2026-11-18T10:00:00Z"
    going = {one["connection"] for one in desk.json("plan")["effects"]}
    assert "ledger" in going, "the owner's no was remembered"


def test_golive_with_nobody_to_answer_changes_nothing(desk: Desk) -> None:
    assert "nobody is there to answer" in desk.owed("golive", code=2).err
    assert desk.json("status")["live_at"] is None


def test_golive_prints_json_alone(desk: Desk) -> None:
    rows = desk.json("golive", "--yes")
    assert [row["oldest_days"] for row in rows] == [78, 20, 17, 13, 8]
    assert desk.json("status")["live_at"]


def test_golive_before_the_first_sync_is_refused(desk: Desk) -> None:
    desk.settings(r'name = "books"', 'name = "other"')
    assert desk.owed("golive", "--yes", code=2).err.startswith("other: never read completely")
    assert desk.json("status")["live_at"] is None


@pytest.mark.parametrize("option", [("--skip", "nobody"), ("--release", "x"), ("--platform-reminders", "books=maybe")])
def test_golive_refuses_what_it_does_not_know(desk: Desk, option: tuple[str, str]) -> None:
    desk.owed("golive", "--yes", *option, code=2)
    assert desk.json("status")["live_at"] is None


def test_a_skipped_debtor_stays_skipped_until_released_by_name(desk: Desk) -> None:
    biggest, oldest = [row["debtor"] for row in desk.json("customers")][:2]
    desk.go_live("--skip", biggest)
    assert biggest not in {one["debtor"] for one in desk.json("plan")["effects"]}
    desk.go_live("--release", oldest)
    going = {one["debtor"] for one in desk.json("plan")["effects"]}
    assert (biggest in going, oldest in going) == (False, True)
    desk.go_live("--release", "all")
    assert biggest not in {one["debtor"] for one in desk.json("plan")["effects"]}
    desk.go_live("--release", biggest)
    assert biggest in {one["debtor"] for one in desk.json("plan")["effects"]}


def test_plan_writes_nothing(desk: Desk) -> None:
    desk.go_live()
    entries = desk.json("journal", "verify")["entries"]
    printed = desk.owed("plan").out
    assert "ap@acme.example" in printed
    assert "A-100" in printed
    assert "backlog" in printed
    made = desk.json("plan")
    assert {one["verb"] for one in made["effects"]} == {"send_reminder", "create_payment_link", "add_note"}
    assert desk.effects() == []
    assert desk.json("journal", "verify")["entries"] == entries


def test_apply_refuses_before_golive_when_off_and_when_stopped(desk: Desk) -> None:
    assert "not live yet" in desk.owed("apply", "--yes", code=2).err
    desk.go_live()
    desk.owed("stop")
    assert "stopped" in desk.owed("apply", "--yes", code=2).err
    desk.owed("stop", "--lift")
    desk.settings('mode = "live"', 'mode = "off"')
    assert "sending is off" in desk.owed("apply", "--yes", code=2).err
    assert desk.effects() == []


def test_the_stop_works_while_the_settings_are_being_edited(desk: Desk) -> None:
    desk.go_live()
    text = desk.config.read_text()
    desk.config.write_text(text.replace('name = "standard"', "name = 5"))
    (desk.folder / "owed.key").rename(desk.folder / "lost.key")
    desk.owed("stop")
    desk.owed("stop", "--lift", code=2)
    desk.config.write_text(text + "[[")
    assert "not TOML" in desk.owed("stop", code=2).err
    desk.config.write_text(text)
    assert desk.json("status")["stopped_at"] == "2026-11-18T10:00:00Z"


def test_apply_asks_and_a_no_sends_nothing(desk: Desk) -> None:
    desk.go_live()
    before = len(desk.mails())
    assert "Send these? [y/N]" in desk.owed("apply", answers="n\n").err
    assert "nobody is there" in desk.owed("apply", code=2).err
    assert (desk.effects(), len(desk.mails())) == ([], before)


def test_apply_sends_once(desk: Desk) -> None:
    desk.go_live()
    before = len(desk.mails())
    told = desk.json("apply", "--yes")
    assert {one["state"] for one in told} == {"sent"}
    mails = desk.mails()[before:]
    assert len(mails) == 4
    assert desk.owed("apply", "--yes").out.endswith("nothing to send\n")
    assert len(desk.mails()) == before + 4
    assert "done, sent on 18 Nov 2026" in desk.owed("explain", "A-100").out


def test_what_needs_approval_waits_for_it(desk: Desk) -> None:
    before = len(desk.mails())
    waiting = planned(desk)
    assert len(desk.mails()) == before
    told = desk.json("status")
    assert told["waiting_for_approval"] >= 4
    assert told["next"] == ["owed outbox list --state planned    (then owed approve ID)"]
    assert "1 approved" in desk.owed("outbox", "approve", waiting[0].id[:12]).out
    assert desk.owed("approve", waiting[0].id, code=2).err.endswith(
        "is approved: only what is planned can be approved\n"
    )
    desk.owed("apply", "--yes")
    assert [one.id for one in desk.effects("sent") if one.verb == "send_reminder"] == [waiting[0].id]
    assert len(desk.mails()) == before + 1


def test_what_was_tried_by_mail_can_be_found_in_the_mail_server_s_log(desk: Desk) -> None:
    waiting = planned(desk)[0]
    assert "Message-ID" not in desk.owed("outbox", "show", waiting.id).out
    desk.owed("outbox", "approve", waiting.id)
    desk.owed("apply", "--yes")
    shown = desk.owed("outbox", "show", waiting.id).out
    (beginning,) = [line.rpartition(" ")[2] for line in shown.splitlines() if "Message-ID" in line]
    (sent,) = [one for one in desk.effects("sent") if one.id == waiting.id]
    assert sent.reference.startswith(f"<{beginning}@")


def test_what_was_in_doubt_and_looked_at_again_is_counted_once(desk: Desk) -> None:
    fault = {"platform": "smtp", "kind": "lost", "path": "/data", "method": "DATA", "count": 1}
    desk.go_live()
    requests.post(f"{desk.sandbox.config['control']}/faults", json=fault, timeout=20)
    summary = desk.owed("apply", "--yes", code=1).out.splitlines()[-1]
    assert "1 needs_human" in summary
    assert "uncertain" not in summary
    (doubtful,) = desk.effects("needs_human")
    desk.owed("outbox", "resolve", doubtful.id, "sent")
    assert len(desk.effects("needs_human")) == 0


@pytest.mark.parametrize("words", [(), ("",), ("a",), ("zzzzzzzz",), ("--all", "zzzzzzzz")])
def test_approve_never_guesses(desk: Desk, words: tuple[str, ...]) -> None:
    planned(desk)
    desk.owed("approve", *words, code=2)
    assert not [one for one in desk.effects("approved") if one.verb == "send_reminder"]


def test_one_unknown_id_approves_none(desk: Desk) -> None:
    waiting = planned(desk)
    desk.owed("approve", waiting[0].id, "zzzzzzzz", code=2)
    assert waiting[0].id in {one.id for one in desk.effects("planned")}


def test_approve_all(desk: Desk) -> None:
    planned(desk)
    desk.owed("approve", "--all")
    assert desk.effects("planned") == []
    assert "nothing to approve" in desk.owed("approve", "--all", code=2).err


def test_the_outbox_is_listed_and_shown(desk: Desk) -> None:
    effect = planned(desk)[0]
    rows = desk.json("outbox", "list", "--state", "planned")
    assert effect.id in {row["id"] for row in rows}
    assert effect.debtor in desk.owed("outbox", "list").out
    shown = desk.owed("outbox", "show", effect.id[:8]).out
    assert "Subject: " in shown
    assert "Dear" in shown or "Hello" in shown
    assert desk.json("outbox", "show", effect.intent)["command"]["to"]
    assert "needs_human" in desk.owed("outbox", "list", "--state", "nonsense", code=2).err
    assert "no outbox row" in desk.owed("outbox", "show", "ffffffffffff", code=2).err


def test_what_a_person_takes_back_is_not_planned_again(desk: Desk) -> None:
    effect = planned(desk)[0]
    desk.owed("outbox", "cancel", effect.id)
    assert desk.json("outbox", "show", effect.id)["state"] == "refused"
    desk.owed("apply", "--yes")
    assert desk.json("outbox", "show", effect.id)["state"] == "refused"
    assert effect.intent not in {one["intent"] for one in desk.json("plan")["effects"]}
    assert "only what is planned or approved" in desk.owed("outbox", "cancel", effect.id, code=2).err


def test_a_person_says_what_became_of_it(desk: Desk) -> None:
    first, second = planned(desk)[:2]
    for effect in (first, second):
        become(desk, effect, outbox.needs_human, "look at it")
    status = desk.json("status")
    assert status["needs_person"] == 2
    assert status["next"][0].startswith("owed outbox list --state needs_human")
    assert "sent, or not-sent" in desk.owed("outbox", "resolve", first.id, "perhaps", code=2).err
    assert "counts as sent" in desk.owed("outbox", "resolve", first.id, "sent").out
    assert "next owed apply" in desk.owed("outbox", "resolve", second.id, "not-sent").out
    assert "it is sent" in desk.owed("outbox", "resolve", first.id, "sent", code=2).err
    assert {one.id: one.state for one in desk.effects()}[second.id] == "approved"


def test_what_failed_is_tried_again_on_request_only(desk: Desk) -> None:
    effect = planned(desk)[0]
    assert "only what failed" in desk.owed("outbox", "retry", effect.id, code=2).err
    become(desk, effect, outbox.failed, "refused")
    assert "refused" in desk.owed("plan").out
    desk.owed("outbox", "retry", effect.id)
    assert {one.id: one.state for one in desk.effects()}[effect.id] == "cancelled"
    desk.owed("apply", "--yes")
    assert {one.id: one.state for one in desk.effects()}[effect.id] == "planned"


def test_the_worker_sends_nothing_before_golive(desk: Desk) -> None:
    before = len(desk.mails())
    assert "messages: none" in desk.owed("worker", "--once").out
    assert (desk.effects(), len(desk.mails())) == ([], before)


def test_the_worker_does_an_hour_once(desk: Desk) -> None:
    desk.go_live()
    before = len(desk.mails())
    assert "sent" in desk.owed("worker", "--once").out
    assert len(desk.mails()) == before + 4
    assert "messages" not in desk.owed("worker", "--once").out
    desk.now += dt.timedelta(hours=1)
    assert "messages: none" in desk.owed("worker", "--once").out
    assert len(desk.mails()) == before + 4


def test_one_round_needs_no_broker(desk: Desk) -> None:
    desk.settings(r"\[sending\]", '[worker]\nbroker = "redis://localhost:1"\n[sending]')
    assert "messages: none" in desk.owed("worker", "--once").out


def test_own_templates_are_sent(desk: Desk) -> None:
    folder = desk.folder / "templates" / "en"
    folder.mkdir(parents=True)
    (folder / "friendly.txt").write_text(
        "Subject: Our own words about {{ number }}\n\n{{ invoices }}\n{{ signature }}\n"
    )
    desk.settings(r"\[sending\]", '[sending]\ntemplates = "templates"')
    desk.go_live()
    messages = [one for one in desk.json("plan")["effects"] if one["verb"] == "send_reminder"]
    assert {one["subject"].partition(" about ")[0] for one in messages} == {"Our own words"}
