"""A wheel carries the built workspace, so that its users need no Node."""

from __future__ import annotations

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WorkspaceHook(BuildHookInterface):  # type: ignore[type-arg]
    """Refuses to make a wheel without the workspace in it."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:  # noqa: ARG002
        """Called before files are gathered; an editable install is served from where `make` built it."""
        built = Path(self.root) / "src" / "consilience" / "web" / "static" / "index.html"
        if version != "editable" and not built.exists():
            raise RuntimeError("the workspace is not built: run `make workspace` first")
