"""The JSON Schema of report.json and of a line of files.jsonl, made from the records.

``python -m consilience.interchange.report.schema`` prints it; ``docs/report.schema.json`` keeps it.
"""

from __future__ import annotations

import sys

import msgspec

from consilience.interchange.report.records import FORMAT, VERSION, FileRow, Report


def schema() -> bytes:
    """The schema as JSON: of report.json, and under ``#/$defs/FileRow`` of a line of files.jsonl."""
    (report, _), definitions = msgspec.json.schema_components((Report, FileRow))
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT} {VERSION}",
        **report,
        "$defs": {name: _without_docstring(definition) for name, definition in definitions.items()},
    }
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=1) + b"\n"


def _without_docstring(definition: dict[str, object]) -> dict[str, object]:
    """Docstrings are for readers of the code: a changed sentence is not a changed schema."""
    return {key: value for key, value in definition.items() if key != "description"}


if __name__ == "__main__":
    sys.stdout.buffer.write(schema())
