"""The application: the guard, the routes, and the workspace's files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.routing import APIRoute
from starlette.types import Lifespan

from consilience import __version__
from consilience.errors import ConsilienceError, HoldingsError, NotFoundError
from consilience.web import problems
from consilience.web.examples import EXAMPLES
from consilience.web.guard import Guard, MiB
from consilience.web.identity import Needs
from consilience.web.routes import (
    access,
    audit,
    cases,
    doors,
    events,
    exhibits,
    exposure,
    galleries,
    hma,
    judgements,
    lists,
    match,
    media,
    reports,
    session,
    words,
)
from consilience.web.routing import rule_of
from consilience.web.server import Server

API = "/api"
HMA = "/hma"
DOCUMENT = f"{API}/openapi.json"
STATIC = Path(__file__).parent / "static"
"""The built workspace; there in a wheel, and after a build from a clone."""

_SUBJECTS = (
    session, doors, cases, exhibits, galleries, media, reports, judgements, lists, audit, access, exposure,
    words, match, events,
)  # fmt: skip
_LARGE = {
    f"{API}{lists.IMPORT}": lists.LARGEST,
    f"{API}{match.FILE}": match.LARGEST,
    f"{HMA}/h/hash": match.LARGEST,
    f"{HMA}/m/lookup": match.LARGEST,
}
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Consilience</title>
<p>The workspace is not built here; the API is at <code>/api</code>.</p></html>"""


def create_app(server: Server, hosts: Collection[str]) -> FastAPI:
    """An application over holdings.

    Args:
        server: what its requests share.
        hosts: names (with ports) that browsers know it by.
    """

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        yield
        server.close()

    app = assembled(living)
    app.state.server = server
    app.add_middleware(Guard, hosts=hosts, secure=server.secure, body=MiB, large=_largest)
    return app


def assembled(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The routes and what becomes of failures, without any holdings."""
    app = FastAPI(
        title="Consilience",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    problems.install(app)
    app.add_exception_handler(hma.Refused, _hma_refused)
    app.add_exception_handler(ConsilienceError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    for subject in _SUBJECTS:
        app.include_router(subject.routes, prefix=API)
    app.include_router(hma.routes, prefix=HMA)
    app.add_api_route(DOCUMENT, _document, include_in_schema=False)
    app.add_api_route("/{path:path}", _workspace, include_in_schema=False, response_class=Response)
    return app


def _largest(path: str) -> int | None:
    """Bytes that a path takes at most, if they are more than elsewhere."""
    if path.startswith(f"{HMA}/c/bank/") and path.endswith("/content"):
        return match.LARGEST
    return _LARGE.get(path)


def document(app: FastAPI) -> dict[str, object]:
    """The OpenAPI document: the routes, with the permissions that each needs."""
    if app.openapi_schema:
        return app.openapi_schema
    found = get_openapi(
        title="Consilience",
        version=__version__,
        description="People sign in and bring a cookie and `X-CSRF-Token`; programs bring a token.",
        routes=app.routes,
    )
    for name, example in EXAMPLES.items():
        found["components"]["schemas"][name]["examples"] = [example]
    found["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "consilience"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    for path, route in all_routes():
        rule = rule_of(route)
        for method in route.methods or ():
            operation = found["paths"][path][method.lower()]
            if isinstance(rule, Needs):
                operation["security"] = [{"session": []}, {"token": [one.value for one in rule.needs]}]
                operation["x-permissions"] = [one.value for one in rule.needs]
            else:
                operation["security"] = []
            if path.startswith(f"{HMA}/"):
                # What is not of its form is 400 there.
                del operation["responses"]["422"]
    app.openapi_schema = found
    return found


def all_routes() -> list[tuple[str, APIRoute]]:
    """Every route of the API and of the second door, with its whole path."""
    doors = [(API, one.routes) for one in _SUBJECTS] + [(HMA, hma.routes)]
    return [
        (prefix + route.path_format, route)
        for prefix, router in doors
        for route in router.routes
        if isinstance(route, APIRoute)
    ]


async def _document(request: Request) -> JSONResponse:
    return JSONResponse(document(request.app))


async def _workspace(request: Request, path: str) -> Response:
    """A file of the workspace, or its page for every address that is no file."""
    del request
    if path.startswith(("api/", "hma/")):
        return problems.of(NotFoundError("no such address"))
    root = STATIC.resolve()
    try:
        found = (root / path).resolve()
    except (ValueError, OSError):
        return problems.of(NotFoundError("no such address"))
    if path and found.is_relative_to(root) and found.is_file():
        # Names of assets change with their content.
        lasting = "public, max-age=31536000, immutable" if "/assets/" in f"/{path}" else "no-cache"
        return FileResponse(found, headers={"Cache-Control": lasting})
    page = root / "index.html"
    if not page.is_file():
        return HTMLResponse(_NOT_BUILT)
    return FileResponse(page, headers={"Cache-Control": "no-cache"})


async def _hma_refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, hma.Refused)
    return hma.refusal(error.status, error.message)


async def _expected(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ConsilienceError)
    said = problems.of(error)
    if not request.url.path.startswith(f"{HMA}/"):
        return said
    status = 503 if isinstance(error, HoldingsError) else said.status_code
    answer = hma.refusal(400 if status == 422 else status, error.what, error.next_step)
    for name in ("retry-after", "www-authenticate"):
        if name in said.headers:
            answer.headers[name] = said.headers[name]
    return answer


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    if request.url.path.startswith(f"{HMA}/"):
        return hma.refusal(400, problems.first_fault(error))
    return problems.invalid(error)
