"""Which keys there are and what each may: everything, reading only, all but some lists, or the other mode's records."""

from __future__ import annotations

from sandbox.calls import Answer, Call, json_answer
from sandbox.stripe import errors

API_KEY = "rk_test_sandbox_full_access"
READ_ONLY_KEY = "rk_test_sandbox_read_only"
#: Followed by the names of the lists that it may not read, such as refunds or refunds-events.
NARROW_KEY = "rk_test_sandbox_without_"
#: The sandbox has test records only, so this one sees none.
LIVE_KEY = "rk_live_sandbox_full_access"


def is_known(key: str) -> bool:
    return key in (API_KEY, READ_ONLY_KEY, LIVE_KEY) or key.startswith(NARROW_KEY)


def refuse(call: Call, key: str, account: str) -> Answer | None:
    """None for what the key may do."""
    thing = call.path.split("/")[2]
    if key == READ_ONLY_KEY and call.method != "GET":
        return _forbidden(key, account, thing, "write")
    if key.startswith(NARROW_KEY) and thing in key.removeprefix(NARROW_KEY).split("-"):
        return _forbidden(key, account, thing, "read" if call.method == "GET" else "write")
    return _other_mode(call, thing) if key == LIVE_KEY and thing != "account" else None


def _forbidden(key: str, account: str, thing: str, right: str) -> Answer:
    kind = "account" if thing == "accounts" else thing.rstrip("s")
    message = (
        f"The provided key '{key[:11]}***' does not have the required permissions for this endpoint on account "
        f"'{account}'. Having the 'rak_{kind}_{right}' permission would allow this request to continue."
    )
    return errors.error(403, message)


def _other_mode(call: Call, thing: str) -> Answer:
    parts = call.path.strip("/").split("/")
    if call.method == "GET" and len(parts) == 2:
        return json_answer({"object": "list", "data": [], "has_more": False, "url": call.path})
    kind, name = thing.rstrip("s"), parts[2] if len(parts) > 2 else ""
    message = (
        f"No such {kind}: '{name}'; a similar object exists in test mode, but a live mode key was used to make this "
        "request."
    )
    return errors.error(404, message, code="resource_missing", param="id")
