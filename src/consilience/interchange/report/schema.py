"""The JSON Schema of report.json and of a line of files.jsonl, made from the records.

``python -m consilience.interchange.report.schema`` prints it; ``docs/report.schema.json`` keeps it.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from consilience.interchange.report.records import FORMAT, VERSION, FileRow, Report


def schema() -> bytes:
    """The schema as JSON: of report.json, and under ``#/$defs/FileRow`` of a line of files.jsonl."""
    (report, _), definitions = msgspec.json.schema_components((Report, FileRow))
    definitions = {name: _without_docstring(definition) for name, definition in definitions.items()}
    # Limits are always written out. Their defaults are settings of this release, not part of the form.
    definitions["Limits"] = _without_defaults(definitions["Limits"])
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT} {VERSION}",
        **report,
        "$defs": definitions,
    }
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=1) + b"\n"


def _without_docstring(definition: dict[str, Any]) -> dict[str, Any]:
    """Docstrings are for readers of the code: a changed sentence is not a changed schema."""
    return {key: value for key, value in definition.items() if key != "description"}


def _without_defaults(definition: dict[str, Any]) -> dict[str, Any]:
    properties = {
        name: {key: value for key, value in field.items() if key != "default"}
        for name, field in definition["properties"].items()
    }
    return {**definition, "properties": properties}


if __name__ == "__main__":
    sys.stdout.buffer.write(schema())
