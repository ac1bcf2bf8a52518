"""What every request passes before anything else looks at it, and what every response says to the browser.

Host and origin are checked here (DNS rebinding, requests forged by other pages), how large a body is and how
long it takes to come, and the headers that keep a page from being framed, sniffed or extended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consilience.web.problems import problem

MiB = 1 << 20
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=()",
    "X-Robots-Tag": "noindex, nofollow",
}


class Guard:
    """Middleware; see the module.

    Args:
        app: what is guarded.
        hosts: names that the server answers to, with the port where it is not the usual one.
        secure: whether browsers reach it by TLS.
        body: bytes of a request's body, but for ...
        large: ... what a path that takes larger ones takes at most.
        seconds: for a body to make progress; and in which 64 KiB at least come.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str],
        secure: bool,
        body: int = MiB,
        large: Callable[[str], int | None] = lambda _: None,
        seconds: float = 20.0,
    ) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        scheme = "https" if secure else "http"
        self._origins = frozenset(f"{scheme}://{one}" for one in hosts)
        self._secure = secure
        self._body = body
        self._large = large
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_api = scope["path"].startswith(("/api/", "/hma/"))

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    said[name] = value
                if self._secure:
                    said["Strict-Transport-Security"] = "max-age=31536000"
                if is_api:
                    said.setdefault("Cache-Control", "no-store")
            await send(message)

        refused = self._refused(scope, headers)
        if refused is not None:
            await refused(scope, receive, say)
            return
        most = self._large(scope["path"]) or self._body
        reader = _Reader(receive, most, self._seconds)
        if int(headers.get("content-length") or "0") > most:
            await _too_large(most)(scope, receive, say)
            return
        dropped = False

        async def watched(message: Message) -> None:
            # Whoever read the body may take its end for a fault of another kind: what is said is said here.
            nonlocal dropped
            if message["type"] == "http.response.start" and reader.failed is not None:
                dropped = True
                await reader.failed(scope, receive, say)
            elif not dropped:
                await say(message)

        await self._app(scope, reader, watched)

    def _refused(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        if headers.get("host", "").lower() not in self._hosts:
            return problem(421, "not-this-server", "Not this server", "the server is not called that")
        length = headers.get("content-length")
        if length is not None and not (length.isascii() and length.isdigit()):
            return problem(400, "http", "Wrong request", "Content-Length is no number")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in self._origins:
            return _forged()
        # Browsers say where a request comes from; programs say nothing, and have no cookie.
        site = headers.get("sec-fetch-site")
        is_change = scope["method"] not in SAFE
        if site in ("cross-site", "same-site") and (is_change or scope["path"].startswith("/api/")):
            return _forged()
        return None


def _forged() -> ASGIApp:
    return problem(403, "another-origin", "Not allowed", "the request was made by a page of another origin")


def _too_large(most: int) -> ASGIApp:
    return problem(413, "too-large", "Too large", f"at most {most} bytes are taken here")


class _Ended(Exception):  # noqa: N818 - ends the reading of a body
    pass


class _Reader:
    """The way in: counts a body's bytes, and waits for them only so long."""

    _PACE = 64 << 10

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive = receive
        self._most = most
        self._seconds = seconds
        self._read = 0
        self._is_whole = False
        self._budget = seconds
        self.failed: ASGIApp | None = None
        """What to answer, if the body was too much or too slow."""

    async def __call__(self) -> Message:
        if self._is_whole:
            return await self._receive()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            message = await asyncio.wait_for(self._receive(), self._budget)
        except TimeoutError:
            self.failed = problem(408, "too-slow", "Too slow", "the request did not come in time")
            raise _Ended from None
        if message["type"] != "http.request":
            self._is_whole = True
            return message
        # Time is used up by waiting and won by bytes, so a trickle is cut off, too.
        body = len(message.get("body", b""))
        waited = loop.time() - begun
        self._budget = min(self._seconds, self._budget - waited + self._seconds * body / self._PACE)
        self._read += body
        if self._read > self._most:
            self.failed = _too_large(self._most)
            raise _Ended
        self._is_whole = not message.get("more_body", False)
        return message
