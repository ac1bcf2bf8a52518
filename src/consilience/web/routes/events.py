"""What happens, as it happens: server-sent events for the progress of work and for notices."""

# Annotations are read at run time: no postponed ones in modules of routes.

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from consilience.errors import ConsilienceError
from consilience.model.people import Permission
from consilience.services.watching import PERIOD, CaseState, Moment, Visible, visible
from consilience.web.identity import Caller, Needs, identify
from consilience.web.routes.exhibits import job_out
from consilience.web.routing import router

routes = router("events")

_BEAT = 15
_CHECKED = 60.0
"""Seconds after which it is made sure in any case that the session lasts."""
_LONGEST = 3600


_EVENT = {
    "type": "object",
    "properties": {"event": {"enum": ["job", "case", "end"]}, "data": {"type": "string"}},
    "required": ["event", "data"],
}
"""What one event of the stream is, as its parsers give it; the data are JSON."""


@routes.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {"text/event-stream": {"schema": _EVENT}},
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
        watching, clock = caller.server.watching, asyncio.get_running_loop().time
        last: dict[str, str] = {}
        cases: dict[str, str] = {}
        told_of, moment = Visible({}, frozenset()), Moment()
        begun, checked, quiet = clock(), -_CHECKED, 0
        while True:
            try:
                if watching.is_due:
                    await run_in_threadpool(watching.read)
                before, moment = moment, watching.moment
                is_old = before.leave != moment.leave or clock() - checked > _CHECKED
                if is_old:
                    told_of, checked = await run_in_threadpool(_still, request, caller), clock()
            except ConsilienceError:
                yield "event: end\ndata: {}\n\n"
                return
            if is_old or before != moment:
                cases = _cases(watching.states(told_of))
            now = _jobs(caller) | cases
            said = False
            for key, data in now.items():
                if last.get(key) != data:
                    kind = key.partition(" ")[0]
                    yield f"event: {kind}\ndata: {data}\n\n"
                    said = True
            last = now
            if once or clock() - begun > _LONGEST:
                return
            quiet = 0 if said else quiet + 1
            if quiet >= _BEAT:
                yield ": nothing new\n\n"
                quiet = 0
            if await request.is_disconnected():
                return
            await asyncio.sleep(PERIOD)

    return StreamingResponse(told(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _still(request: Request, caller: Caller) -> Visible:
    """What the caller may be told of, if still signed in. To have the stream open is no use of a session."""
    request.state.identity = None
    identify(request, is_use=False)
    return visible(caller.server.holdings, caller.actor)


def _jobs(caller: Caller) -> dict[str, str]:
    return {
        f"job {one.id}": job_out(one).model_dump_json()
        for one in caller.server.jobs.jobs()
        if one.owner == caller.identity.name
    }


def _cases(states: Sequence[CaseState]) -> dict[str, str]:
    return {
        f"case {one.case.hex()}": json.dumps(
            {"case": one.case.hex(), "files": one.files, "notices": one.notices}
        )
        for one in states
    }
