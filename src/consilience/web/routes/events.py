"""What happens, as it happens: server-sent events for the progress of work and for notices."""

# Annotations are read at run time: no postponed ones in modules of routes.

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from consilience.errors import ConsilienceError
from consilience.model.people import Permission
from consilience.services import overview
from consilience.web.identity import Caller, Needs, identify
from consilience.web.routes.exhibits import job_out
from consilience.web.routing import router

routes = router("events")

PERIOD = 1.0
"""Seconds between two looks."""
_BEAT = 15
_LONGEST = 3600


@routes.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
            "description": "`job`: how far work of one's own has come. `case`: something came into a case; "
            "ask for it again. `end`: the session ended.",
        }
    },
)
async def follow(
    request: Request, caller: Annotated[Caller, Depends(Needs(Permission.LOOK))], once: bool = False
) -> StreamingResponse:
    """Follow what happens. With `once`, the present state alone."""

    async def told() -> AsyncIterator[str]:
        last: dict[str, str] = {}
        begun = asyncio.get_running_loop().time()
        quiet = 0
        while True:
            try:
                now = await run_in_threadpool(_state, caller)
            except ConsilienceError:
                yield "event: end\ndata: {}\n\n"
                return
            said = False
            for key, data in now.items():
                if last.get(key) != data:
                    kind = key.partition(" ")[0]
                    yield f"event: {kind}\ndata: {data}\n\n"
                    said = True
            last = now
            if once or asyncio.get_running_loop().time() - begun > _LONGEST:
                return
            quiet = 0 if said else quiet + 1
            if quiet >= _BEAT:
                yield ": nothing new\n\n"
                quiet = 0
            if await request.is_disconnected():
                return
            await asyncio.sleep(PERIOD)
            request.state.identity = None
            try:
                await run_in_threadpool(identify, request)
            except ConsilienceError:
                yield "event: end\ndata: {}\n\n"
                return

    return StreamingResponse(told(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _state(caller: Caller) -> dict[str, str]:
    found = {
        f"job {one.id}": job_out(one).model_dump_json()
        for one in caller.server.jobs.jobs()
        if one.owner == caller.identity.name
    }
    for one in overview.watch(caller.server.holdings, caller.actor):
        said = {"case": one.case.hex(), "files": one.files, "notices": one.notices}
        found[f"case {one.case.hex()}"] = json.dumps(said)
    return found
