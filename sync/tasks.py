"""What a person has to do: a call or a letter, opened by a step and closed with its outcome."""

from receivables.commands import OpenTask
from receivables.local_facts import Task
from receivables.refs import LOCAL
from store import ingest, organisations, outbox
from store.outbox import Effect
from sync.installation import Installation
from sync.send import Outcome


def open_task(installation: Installation, effect: Effect) -> Outcome:
    """The task and the end of its effect are one transaction, so that a step opens one task or none."""
    command = effect.command
    assert isinstance(command, OpenTask)
    with installation.store.write() as tx:
        now = installation.clock()
        if organisations.standing(tx).stopped_at is not None:
            return Outcome(effect, effect.state, "stopped: nothing is begun until owed stop --lift")
        if not outbox.carried_out(tx, now, effect, effect.id):
            return Outcome(effect, effect.state, "another worker was faster")
        ingest.state(tx, now, _task(command, effect, installation))
    return Outcome(effect, "sent", command.title)


def _task(command: OpenTask, effect: Effect, installation: Installation) -> Task:
    return Task(
        connection=LOCAL,
        id=effect.id,
        subject=command.debtor,
        action=command.action,
        invoices=command.invoices,
        title=command.title,
        text=command.text,
        stated_at=installation.clock(),
        stated_by="owed",
    )
