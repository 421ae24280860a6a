"""A few runs of `./run chaos` on each engine; the seeds stay, so that a failure can be looked at again."""

from pathlib import Path

import pytest

from tests.chaos.run import one_run
from tests.chaos.world import Databases, prepare

SEEDS = range(1, 6)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_every_effect_happens_once_whatever_happens_to_the_workers(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    databases = Databases("" if engine == "sqlite" else request.getfixturevalue("postgresql"))
    template = tmp_path / f"template_{engine}"
    prepare(template, databases.make(template.name))
    runs = [one_run(seed, databases, template, tmp_path / f"run-{seed}") for seed in SEEDS]
    databases.drop(template.name)
    assert [violation for run in runs for violation in run.verdict.violations] == []
    assert sum(run.kills for run in runs) >= len(SEEDS), "most runs were killed while they worked"
    assert sum(run.verdict.effects for run in runs) > 0
