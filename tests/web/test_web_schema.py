"""The OpenAPI document is kept, and whatever it allows is answered as it says, and without a defect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from web_world import BASE, Person, World

from consilience.web.app import all_routes, document
from consilience.web.examples import EXAMPLES

_LEFT_OUT = {("delete", "/api/session"), ("post", "/api/session/enter"), ("post", "/api/users")}
"""Would end, or take away, what the others are asked with."""

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_document_that_is_kept_is_the_one_that_is_served(world: World) -> None:
    served = json.loads(world.owner().get("/api/openapi.json").content)
    assert json.loads(DOCUMENT.read_text()) == served, "python -m consilience.web > docs/openapi.json"


def test_every_operation_is_documented(world: World) -> None:
    found = document(world.app)
    paths = found["paths"]
    assert isinstance(paths, dict)
    for path, route in all_routes():
        for method in route.methods or ():
            assert paths[path][method.lower()].get("description"), (method, path)


def test_every_body_has_an_example_that_its_route_takes(world: World) -> None:
    owner = world.owner()
    asked = 0
    for path, route in all_routes():
        body = route.body_field
        if body is None or not path.startswith("/api/"):
            continue
        name = body.field_info.annotation.__name__
        (method,) = route.methods
        if body.field_info.annotation is bytes or (method.lower(), path) in _LEFT_OUT:
            continue
        for parameter in ("{case}", "{name}", "{subject}"):
            path = path.replace(parameter, {"{subject}": "match"}.get(parameter, "nowhere"))
        said = owner.ask(method, path.replace("{sha256}", "ab" * 32), json=EXAMPLES[name])
        # Of its form; what it names is mostly not there.
        assert "not-of-its-form" not in said.text, (name, said.text)
        asked += 1
    assert asked >= len(EXAMPLES) - len(_LEFT_OUT)


_CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Answered(NamedTuple):
    """What was asked and answered, and how the answer departs from the document, if it does."""

    question: str
    status: int
    text: str
    fault: str


def _questions(world: World, examples: int) -> Iterator[Answered]:
    """Ask what the document allows, of every operation."""
    owner = world.owner()
    schema = schemathesis.openapi.from_dict(document(world.app), config=SchemathesisConfig())
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method, operation.path) not in _LEFT_OUT:
            yield from _answers(owner, operation, examples)


def _answers(owner: Person, operation: Any, examples: int) -> list[Answered]:
    answers: list[Answered] = []

    @seeded(0)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        request = case.as_transport_kwargs(base_url=BASE)
        request.pop("cookies", None)
        headers = {str(key): str(value) for key, value in dict(request.pop("headers", None) or {}).items()}
        for name in [one for one in headers if one.lower() in ("authorization", "x-csrf-token")]:
            del headers[name]
        if operation.path == "/api/events":
            request["params"] = {"once": "true"}
        try:
            said = owner.client.request(**request, headers=headers | {"X-CSRF-Token": owner.csrf})
        except (UnicodeEncodeError, ValueError, httpx.InvalidURL):
            return  # no such request can be sent
        fault = ""
        try:
            case.validate_response(said, checks=_CHECKS)
        except (Failure, FailureGroup) as error:
            fault = str(error)[:1000]
        question = f"{request['method']} {request['url']}"
        answers.append(Answered(question, said.status_code, said.text[:300], fault))

    ask()
    return answers


def _try(world: World, examples: int, subtests: pytest.Subtests) -> None:
    asked = 0
    for one in _questions(world, examples):
        if one.status >= 500 or one.fault:
            with subtests.test(one.question):
                pytest.fail(f"{one.status} {one.text}\n{one.fault}")
        asked += 1
    assert asked > examples * 30


def test_what_the_document_allows_is_answered_as_it_says(world: World, subtests: pytest.Subtests) -> None:
    _try(world, 4, subtests)


@pytest.mark.long
def test_what_the_document_allows_is_answered_as_it_says_at_length(
    world: World, subtests: pytest.Subtests
) -> None:
    _try(world, 150, subtests)
