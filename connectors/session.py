"""A requests session for money: a time-out on every call, no redirects, no credentials from a netrc file."""

from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter


class _WholeBodies(HTTPAdapter):
    """Reads a body in one go: requests would do it in pieces of 10 kB, which costs a tenth of a whole pull."""

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = super().build_response(req, resp)
        try:
            response._content = resp.read(decode_content=True)
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError(error, request=req) from error
        return response


class PlainSession(requests.Session):
    def __init__(self, timeout: tuple[float, float]) -> None:
        super().__init__()
        self.mount("http://", _WholeBodies())
        self.mount("https://", _WholeBodies())
        self.access_token = ""
        self._timeout = timeout
        self._environment: dict[str, Any] = {}
        self.auth = lambda request: request

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        settings: dict[str, Any] = {"timeout": self._timeout, "allow_redirects": False}
        return super().request(*args, **(kwargs | settings))

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Proxies and certificates out of the environment, looked up once for each server and not in every call."""
        server = urlsplit(url).netloc
        if server not in self._environment:
            self._environment[server] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return self._environment[server].copy()
