"""The program before its commands are added, and which of them have to be loaded."""

from collections.abc import Sequence

import typer

#: Works on files alone: without the store, the platforms and the worker it needs half the memory to start.
_ALONE = "match"


def empty() -> typer.Typer:
    return typer.Typer(
        name="owed",
        help="Gets a small business paid: QuickBooks Online, Xero and Stripe in, reminders and payment links out.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )


def loaded_for(arguments: Sequence[str]) -> typer.Typer:
    """The program with the commands that these arguments may mean."""
    if list(arguments[:1]) != [_ALONE]:
        from owed.cli.application import application

        return application
    from owed.cli import match

    program = empty()
    program.callback()(lambda: None)  # so that the one command keeps its name
    match.register(program)
    return program
