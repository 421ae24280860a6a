"""A requests session for money: a time-out on every call, no redirects, no credentials from a netrc file."""

from typing import Any

import requests


class PlainSession(requests.Session):
    def __init__(self, timeout: tuple[float, float]) -> None:
        super().__init__()
        self.access_token = ""
        self._timeout = timeout
        self.auth = lambda request: request

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        settings: dict[str, Any] = {"timeout": self._timeout, "allow_redirects": False}
        return super().request(*args, **(kwargs | settings))
