"""[serve] of owed.toml: who may read the service's figures."""

from dataclasses import dataclass, field

from owed.secret import Secret, take_secret
from rules.table import Table


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Without `metrics_token` there is no /metrics: behind a web server every caller seems to be this machine."""

    metrics_token: Secret = field(default_factory=Secret)


def read_serving(root: Table) -> ServeSettings:
    table = root.take_table("serve")
    settings = ServeSettings(take_secret(table, "metrics_token"))
    table.finish()
    return settings
