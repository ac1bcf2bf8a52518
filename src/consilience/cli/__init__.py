"""The command line: a thin face over the services."""

from __future__ import annotations

import os
import sys

import click

from consilience.cli.app import app
from consilience.errors import ConsilienceError
from consilience.model.locator import printable_text


def main() -> None:
    """Run a command. Expected failures are one line, with the exit codes of `consilience --help`."""
    try:
        app(standalone_mode=False)
    except ConsilienceError as error:
        fail(str(error), error.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        fail("stopped; what was recorded is kept, run the same command again", 130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        where = (
            f" ({error.ctx.command_path} --help)" if isinstance(error, click.UsageError) and error.ctx else ""
        )
        fail(error.format_message() + where, error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _drop_output()
        sys.exit(0)
    except OSError as error:
        _drop_output()
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        fail(f"{where}{error.strerror or error}", ConsilienceError.exit_code)


def _drop_output() -> None:
    """Let what cannot be written go: the interpreter would try once more at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fail(message: str, code: int) -> None:
    """One line to the standard error, and the exit code."""
    click.echo(f"consilience: {printable_text(message)}", err=True)
    sys.exit(code)
