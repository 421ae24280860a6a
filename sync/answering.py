"""A person's word about breaks and customers: kept as a statement, with who and why, and written into the journal."""

from receivables.breaks import Break, Choice
from receivables.local_facts import Assignment, BreakAnswer, LocalFact, SameDebtor
from receivables.refs import LOCAL, Ref
from store import ingest, journal
from sync.assess import assess
from sync.cycle import remember_breaks
from sync.installation import Installation


def accept(installation: Installation, one: Break, actor: str, reason: str = "", choice: Choice = "") -> None:
    """It is explained, and stays so until its amount changes; a match is confirmed."""
    _state(installation, _answer(installation, one, actor, reason, choice, accepted=True), "break accepted")


def refuse(installation: Installation, one: Break, actor: str, reason: str = "") -> None:
    """The payment is not for this invoice: that is never proposed again."""
    _state(installation, _answer(installation, one, actor, reason, "", accepted=False), "match refused")


def assign(installation: Installation, one: Break, to: str, actor: str, reason: str = "") -> None:
    fact = Assignment(
        connection=LOCAL,
        id=f"assigned/{one.key}",
        subject=one.key,
        assigned_to=to,
        reason=reason,
        stated_by=actor,
        stated_at=installation.clock(),
    )
    _state(installation, fact, "break assigned")


def say_same(installation: Installation, one: Ref, other: Ref, actor: str, reason: str = "", *, same: bool) -> None:
    """Two customer records are one debtor, or never are."""
    first, second = sorted((one, other))
    fact = SameDebtor(
        connection=LOCAL,
        id=f"same/{first}/{second}",
        subject=str(first),
        other=str(second),
        same=same,
        reason=reason,
        stated_by=actor,
        stated_at=installation.clock(),
    )
    _state(installation, fact, "customers joined" if same else "customers kept apart")


def _answer(
    installation: Installation, one: Break, actor: str, reason: str, choice: Choice, *, accepted: bool
) -> BreakAnswer:
    return BreakAnswer(
        connection=LOCAL,
        id=f"answer/{one.key}",
        subject=one.key,
        answer="accepted" if accepted else "refused",
        break_kind=one.kind,
        refs=one.refs,
        amount=one.amount.minor,
        currency=one.amount.currency,
        choice=choice,
        reason=reason,
        stated_by=actor,
        stated_at=installation.clock(),
    )


def _state(installation: Installation, fact: LocalFact, event: str) -> None:
    """The breaks are looked for again at once, so that what is shown next is what follows from the answer."""
    now = installation.clock()
    with installation.store.write() as tx:
        ingest.state(tx, now, fact)
        journal.append(tx, now, event, fact.subject, fact, fact.stated_by)
    remember_breaks(installation, assess(installation, decide=False))
