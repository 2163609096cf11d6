"""What may be asked of the page: the few routes that it uses, and no more.

Gradio brings routes of its own: it fetches addresses for others, relays to other
machines, edits apps. The gate stands before all of them. It also stops a request that
is too large while it arrives, notes each upload, and tells the browser to load nothing
from anywhere else, whatever a page may name.
"""

import json
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from starlette.requests import ClientDisconnect

from dfstudy.app.limits import MB, Limits
from dfstudy.app.uploads import Uploads

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_API = "/gradio_api"
_UPLOAD, _FILE, _JOIN = f"{_API}/upload", f"{_API}/file=", f"{_API}/queue/join"
_READ = ("/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt")
_READ += (f"{_API}/info", f"{_API}/app_id", f"{_API}/startup-events", "/login_check")
_READ += (f"{_API}/theme.css", f"{_API}/queue/data", f"{_API}/queue/status")
_READ += (f"{_API}/upload_progress", f"{_API}/login_check")
_BELOW = ("/assets/", "/static/", "/svelte/", f"{_API}/heartbeat/")
_WRITE = (_UPLOAD, _JOIN, f"{_API}/cancel", f"{_API}/reset")
_WORDS = MB  # bytes of a request that is no upload
_FULL = 20  # uploads of the largest size that may lie here at once
# A client reads an answer only when it has sent all: so many times too much is read.
_PATIENCE = 8

# Gradio's own page needs scripts in line.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval';"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self';"
    " object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class _TooLarge(Exception):
    """More bytes arrive than may."""


class Gate:
    """ASGI middleware before Gradio's app."""

    def __init__(self, app: Any, *, uploads: Uploads, limits: Limits) -> None:
        self.app, self.uploads, self.limits = app, uploads, limits
        self._uploading = 0  # requests under way

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":  # the page has no web sockets
            return await send({"type": "websocket.close", "code": 1008})
        method, path = scope["method"], scope["path"]
        if not self._open(method, path):
            return await _say(send, 403, "This page has no such thing.")
        upload = path.rstrip("/") == _UPLOAD
        if upload and self.uploads.size() > _FULL * self.limits.bytes:
            return await _say(send, 503, "Too many uploads at once: try again soon.")
        most = self.limits.bytes + MB if upload else _WORDS
        exchange = _Exchange(receive, send, most, self.uploads if upload else None)
        self._uploading += upload
        try:
            if path.rstrip("/") == _JOIN:
                body = await exchange.whole()
                if not all(map(self.uploads.serves, _paths(body))):
                    return await _say(send, 403, "Only an upload can be examined.")
            await self.app(scope, exchange.receive, exchange.send)
        except _TooLarge:
            print(f"dfstudy app: {method} {path}: more than {most}", file=sys.stderr)
            await _drain(receive, _PATIENCE * most)
            if not exchange.begun:
                text = f"A video may have {self.limits.max_mb} MB, no more."
                await _say(send, 413, text)
        except ClientDisconnect:
            pass  # nobody is there to be told
        finally:
            self._uploading -= upload
            if upload and not self._uploading:
                self.uploads.drop_broken()

    def _open(self, method: str, path: str) -> bool:
        if method == "POST":
            return path.rstrip("/") in _WRITE
        if method not in ("GET", "HEAD"):
            return False
        if path.startswith(_FILE):
            return self.uploads.serves(path.removeprefix(_FILE))
        return path in _READ or path.rstrip("/") in _READ or path.startswith(_BELOW)


class _Exchange:
    """One request that is counted as it comes, and its answer with our headers."""

    def __init__(
        self, receive: Receive, send: Send, most: int, uploads: Uploads | None
    ) -> None:
        self.begun = False
        self._receive, self._send = receive, send
        self._left, self._uploads = most, uploads
        self._status, self._body = 0, b""
        self._again: Message | None = None

    async def whole(self) -> bytes:
        """All that is asked; the app gets it once more."""
        body, more = b"", True
        while more:
            message = await self.receive()
            if message["type"] != "http.request":  # hung up
                break
            body, more = body + message.get("body", b""), message.get("more_body")
        self._again = {"type": "http.request", "body": body, "more_body": False}
        return body

    async def receive(self) -> Message:
        if self._again:
            message, self._again = self._again, None
            return message
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun, self._status = True, message["status"]
            message["headers"] = [*message.get("headers", []), *_HEADERS]
        elif self._uploads and self._status == 200:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                for stored in json.loads(self._body):
                    self._uploads.note(stored)
        await self._send(message)


def _paths(body: bytes) -> Iterator[str]:
    """Every file that a request names: Gradio would fetch an address, too."""
    try:
        todo = [json.loads(body)]
    except ValueError:  # Gradio's to refuse
        return
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            yield from [str(value["path"])] if value.get("path") else []
            todo += value.values()
        elif isinstance(value, list):
            todo += value


async def _drain(receive: Receive, most: int) -> None:
    while most > 0:
        message = await receive()
        most -= len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return


async def _say(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
