"""Prints the OpenAPI document: ``python -m consilience.web > docs/openapi.json``."""

from __future__ import annotations

import json
import sys

from consilience.web.app import assembled, document


def main() -> None:
    """Write the document to the standard output."""
    json.dump(document(assembled()), sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
