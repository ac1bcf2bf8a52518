"""The commands, by subject."""

from __future__ import annotations

import importlib

import click

from consilience import __version__

_EPILOG = """\b
Examples:
  consilience init unit7
  consilience case new 2026-014 --title "Harbour" -H unit7
  consilience list import known.json --name known --role alert --scheme VICS-US -H unit7
  consilience ingest /mnt/stick --case 2026-014 --exhibit AB-1 -H unit7
  consilience report --case 2026-014 --out report -H unit7

\b
Exit codes:
  0  done                        4  a file is not of its format; nothing was taken
  1  done, with something said   5  the holdings are missing, busy or of another release
  2  the command is wrong        6  it failed: the line printed says why
  3  no such record or file      7  you may not do this
                               130  stopped; run the same command again
"""

_COMMANDS = {
    "init": "consilience.cli.holdings:init",
    "holdings": "consilience.cli.holdings:holdings",
    "case": "consilience.cli.holdings:case",
    "list": "consilience.cli.lists:list_",
    "ingest": "consilience.cli.ingest:ingest",
    "full-pass": "consilience.cli.ingest:full_pass",
    "matches": "consilience.cli.look:matches",
    "stacks": "consilience.cli.look:stacks",
    "footage": "consilience.cli.footage:footage",
    "show": "consilience.cli.look:show",
    "report": "consilience.cli.report:report",
    "notices": "consilience.cli.look:notices",
    "hash": "consilience.cli.files:hash_",
    "compare": "consilience.cli.files:compare",
    "audit": "consilience.cli.audit:audit",
    "custody": "consilience.cli.custody:custody",
    "exhibit": "consilience.cli.custody:exhibit",
    "backup": "consilience.cli.keeping:backup",
    "restore": "consilience.cli.keeping:restore",
    "keys": "consilience.cli.keeping:keys",
    "retention": "consilience.cli.keeping:retention",
    "erase": "consilience.cli.keeping:erase",
    "user": "consilience.cli.people:user",
    "person": "consilience.cli.people:person",
    "access": "consilience.cli.access:access",
    "judge": "consilience.cli.judge:judge",
    "hit": "consilience.cli.look:hit",
    "serve": "consilience.cli.serve:serve",
    "invite": "consilience.cli.serve:invite",
    "exercise": "consilience.cli.exercise:exercise",
}


class _Commands(click.Group):
    """Loads a command when it is named: `consilience hash` need not wait for the report's libraries."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="consilience")
def app() -> None:
    """From a seized exhibit to what matches, what is new and what could not be read."""
