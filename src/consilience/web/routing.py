"""Routers of the API. What creates may be asked again under the same key without creating twice."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from consilience.store import accounts
from consilience.web import problems
from consilience.web.identity import Needs, Open, identify
from consilience.web.problems import Problem
from consilience.web.server import Server, server_of

KEPT_FOR = 24 * 3600 * 1_000_000_000
_ABANDONED = 60 * 1_000_000_000
_LONGEST_KEY = 200

REFUSALS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "content": {problems.MEDIA_TYPE: {}}, "description": description}
    for code, description in (
        (401, "Nobody is signed in."),
        (403, "This is not open to the person or token."),
        (404, "There is no such record, or none that the asker may see."),
        (409, "Something is in the way: see the problem's type."),
        (422, "The request is not of its form, or is not taken."),
        (429, "Asked too often: see Retry-After."),
        (503, "The holdings are busy."),
    )
}


def router(subject: str, refusals: dict[int | str, dict[str, Any]] = REFUSALS) -> APIRouter:
    """The routes of a subject, and what is said of refusals there."""
    return APIRouter(tags=[subject], responses=refusals, route_class=Guarded)


Handle = Callable[[Request], Coroutine[Any, Any, Response]]
Handler = TypeVar("Handler", bound=Callable[..., object])


def creating(routes: APIRouter, path: str, status_code: int = 201) -> Callable[[Handler], Handler]:
    """A ``POST`` that creates."""

    def decorate(handler: Handler) -> Handler:
        routes.add_api_route(
            path, handler, methods=["POST"], status_code=status_code, route_class_override=Creating
        )
        return handler

    return decorate


def rule_of(route: APIRoute) -> Needs | Open:
    """Who a route is open to.

    Raises:
        LookupError: it says nothing of that, or two things: a defect.
    """
    rules = [one.call for one in route.dependant.dependencies if isinstance(one.call, Needs | Open)]
    if len(rules) != 1:
        raise LookupError(f"{route.path} has {len(rules)} rules")
    (rule,) = rules
    assert isinstance(rule, Needs | Open)
    return rule


class Guarded(APIRoute):
    """A route that lets its callers in before it reads what they sent."""

    def get_route_handler(self) -> Handle:
        """The handler, with its rule in front."""
        handle = super().get_route_handler()
        rule = rule_of(self)

        async def handler(request: Request) -> Response:
            await run_in_threadpool(rule.admit, request)
            return await self.answer(request, handle)

        return handler

    async def answer(self, request: Request, handle: Handle) -> Response:
        """Answer a request that was let in."""
        return await handle(request)


class Creating(Guarded):
    """A route that creates. With an `Idempotency-Key`, what was answered is answered again for a day."""

    async def answer(self, request: Request, handle: Handle) -> Response:
        """Answer, or answer again."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return await handle(request)
        if not 0 < len(key) <= _LONGEST_KEY or not key.isprintable():
            return problems.problem(422, "idempotency-key", "Not taken", "the Idempotency-Key is none")
        said = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
        said.update(await request.body())
        kept = _Kept(server_of(request), identify(request).name, key, said.digest())
        there = await run_in_threadpool(kept.begin)
        if there is not None:
            return there
        created = False
        try:
            response = await handle(request)
            created = 200 <= response.status_code < 300
            if created:
                await run_in_threadpool(kept.keep, response.status_code, bytes(response.body))
        finally:
            if not created:
                await run_in_threadpool(kept.drop)
        return response


class _Kept:
    def __init__(self, server: Server, name: str, key: str, digest: bytes) -> None:
        self._database = server.holdings.database
        self._name = name
        self._key = key
        self._digest = digest

    def begin(self) -> Response | None:
        with self._database.write() as connection:
            accounts.drop_answers(connection, time.time_ns() - KEPT_FOR)
            there = accounts.begin_answer(connection, self._name, self._key, self._digest)
            if there is None:
                return None
            if there.request != self._digest:
                return problems.problem(
                    422, "idempotency-key", "Not taken", "this Idempotency-Key was used for something else"
                )
            if there.status is None or there.body is None:
                if there.created_at > time.time_ns() - _ABANDONED:
                    return problems.problem(
                        409, "under-way", "Under way", "the same request is being worked on"
                    )
                accounts.drop_answer(connection, self._name, self._key)
                accounts.begin_answer(connection, self._name, self._key, self._digest)
                return None
        return Response(there.body, there.status, {"Idempotent-Replay": "true"}, "application/json")

    def keep(self, status: int, body: bytes) -> None:
        with self._database.write() as connection:
            accounts.keep_answer(connection, self._name, self._key, status, body)

    def drop(self) -> None:
        with self._database.write() as connection:
            accounts.drop_answer(connection, self._name, self._key)
