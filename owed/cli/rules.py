"""owed rules: check the settings and the policies."""

from pathlib import Path

import typer

from owed.cli.options import DEFAULT_CONFIG, Config, Json, Rules
from owed.cli.printing import print_json, say
from owed.settings import load

application = typer.Typer(help="Check the settings and the policies.", no_args_is_help=True)


@application.command("check")
def check(config: Config = DEFAULT_CONFIG, as_json: Json = False, rules: Rules = None) -> None:
    """Every problem at once: file:line:column, what is wrong, and how to mend it."""
    settings, problems = load(Path(config), rules)
    if as_json:
        print_json({"problems": problems, "policies": [policy.name for policy in settings.rulebook.policies]})
    for problem in problems if not as_json else ():
        say(str(problem))
    if problems:
        raise typer.Exit(2)
    if not as_json:
        count = sum(len(policy.steps) for policy in settings.rulebook.policies)
        say(f"{config}: no problems; {len(settings.rulebook.policies)} policies with {count} steps")
