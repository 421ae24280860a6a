"""`python -m benchmarks.vendors COUNT CHANGED DELAY_MS`: serves all three platforms on one free port, told on stdout.

COUNT invoices each, of which the newest CHANGED came or changed after the first full pull.
"""

import asyncio
import json
import sys
from typing import Any

import uvicorn

from benchmarks.vendors.pages import Pages
from benchmarks.vendors.templates import make


async def serve(pages: Pages, delay: float) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if delay:
            await asyncio.sleep(delay)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        found = pages.answer(scope["path"], scope["query_string"].decode(), headers, body.decode())
        heads = [(b"content-type", b"application/json"), (b"content-length", str(len(found)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": heads})
        await send({"type": "http.response.body", "body": found})

    config = uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await serving


def main() -> None:
    count, changed, delay = (int(word) for word in sys.argv[1:4])
    templates = json.loads(sys.argv[4]) if len(sys.argv) > 4 else make()
    asyncio.run(serve(Pages(templates, count, changed), delay / 1000))


main()
