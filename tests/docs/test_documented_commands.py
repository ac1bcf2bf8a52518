"""What the documents tell a person to type works, and what they state of the program is so.

Each page's commands are run in order, by a shell, in a folder with the files of `docs_world`. A page that makes
holdings itself begins without any; another finds `unit7` with the exhibit taken in and no list yet.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import docs_world
import pytest
from shell_blocks import Command, commands, ours, pages, prints, why_not_run

from consilience import errors
from consilience.cli.app import app
from consilience.errors import ConsilienceError
from consilience.model.outcomes import Outcome
from consilience.model.problems import NOT_A_FILE, RETRIED, ProblemCode
from consilience.model.vocabularies import outcome_words, problem_words
from consilience.settings import GiB, Limits, MiB

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PAGES = pages(ROOT)

_MAKE_HOLDINGS = "consilience init unit7"
_PREPARATION = (
    _MAKE_HOLDINGS,
    "consilience case new 2026-014 --title Harbour --agency 'Unit 7' -H unit7",
    "consilience ingest /mnt/stick --case 2026-014 --exhibit AB-1 -H unit7",
)


def shell(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    beside = str(Path(sys.executable).parent)
    return subprocess.run(
        ["bash", "-c", command.replace(docs_world.MOUNTS, f"{place}/mnt/")],
        cwd=place,
        env=os.environ
        | {"PATH": f"{beside}:{os.environ['PATH']}", "PGSERVICEFILE": str(place / "pg_service.conf")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def run(page: list[Command], place: Path) -> None:
    """Run what may be run; every command is to succeed and to print what is shown."""
    for command in page:
        if why_not_run(command.text):
            continue
        ran = shell(command.text, place)
        printed = ran.stdout.replace(f"{place}/mnt/", docs_world.MOUNTS)
        assert ran.returncode == 0, f"line {command.line}: {command.text}\n{printed}"
        assert prints(command.shown, printed), f"line {command.line}: {command.text}\n{printed}"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("prepared")
    docs_world.make(place)
    run([Command(0, text) for text in _PREPARATION], place)
    return place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_work(
    page: Path, prepared: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    found = commands(page.read_text("utf-8"))
    place = tmp_path / "place"
    if any(command.text.startswith(_MAKE_HOLDINGS) for command in found):
        docs_world.make(place)
    else:
        shutil.copytree(prepared, place, symlinks=True)
    if any("service=unit7" in command.text for command in found):
        # The documents' server is the tests', under the name that the documents give it.
        server = request.getfixturevalue("postgres")
        (place / "pg_service.conf").write_text(f"[unit7]\n{server.service(server.new())}")
    run(found, place)


# --- every command that stands anywhere is one that the program takes -----------------------------------


def every_command() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for command in commands(document.read_text("utf-8")):
            if "…" in command.text:
                continue
            yield f"{document.relative_to(ROOT)}:{command.line}", command.text


@pytest.mark.parametrize(("where", "text"), [pytest.param(*one, id=one[0]) for one in every_command()])
def test_a_documented_command_is_taken(where: str, text: str) -> None:
    for arguments in ours(text):
        parse(arguments)


def parse(arguments: list[str]) -> None:
    """Take a command line apart as the program would, without doing anything; raises what it would raise."""
    command: click.Command = app
    context = None
    while isinstance(command, click.Group):
        context = command.make_context(command.name or "consilience", list(arguments), parent=context)
        name, chosen, arguments = command.resolve_command(context, context._protected_args + context.args)
        assert chosen is not None, name
        command = chosen
    command.make_context(command.name, list(arguments), parent=context)


def test_a_command_that_is_not_taken_is_noticed() -> None:
    with pytest.raises(click.UsageError):
        parse(["ingest", "stick", "--case", "1"])
    with pytest.raises(click.UsageError):
        parse(["list", "impart", "known.json"])
    with pytest.raises(click.UsageError):
        parse(["hash", "--jsn", "a.jpg"])


# --- help texts --------------------------------------------------------------------------------------


def leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for each in command.list_commands(context):
        found = command.get_command(context, each)
        assert found is not None
        yield from leaves(found, f"{name} {each}")


LEAVES = dict(leaves(app, "consilience"))


def examples_of(command: click.Command) -> Iterator[str]:
    text = click.Context(command, info_name="consilience").get_help()
    _, _, examples = text.partition("Example")
    for line in re.sub(r"\s*\\\n\s*", " ", examples).splitlines()[1:]:
        if not line.strip().startswith("consilience"):
            return
        yield line.strip()


def test_the_main_help_has_examples() -> None:
    examples = list(examples_of(app))
    assert len(examples) >= 3
    for example in examples:
        for arguments in ours(example):
            parse(arguments)


@pytest.mark.parametrize("name", LEAVES)
def test_every_help_has_an_example_of_its_own_command(name: str) -> None:
    examples = list(examples_of(LEAVES[name]))
    assert examples
    for example in examples:
        assert example.startswith(name)
        for arguments in ours(example):
            parse(arguments)


def codes_of_errors() -> set[int]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    return {kind.exit_code for kind in kinds if issubclass(kind, ConsilienceError)}


def test_documented_exit_codes_are_those_of_the_errors() -> None:
    expected = codes_of_errors() | {0, 1, 130}
    _, _, said = click.Context(app).get_help().partition("Exit codes:")
    assert {int(code) for code in re.findall(r"(?:^|\s{2,})(\d+)  \w", said)} == expected
    page = (ROOT / "docs" / "exit-codes.md").read_text("utf-8")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == expected


# --- tables that repeat what the program knows -----------------------------------------------------------


def rows(document: str) -> list[list[str]]:
    text = (ROOT / "docs" / document).read_text("utf-8")
    return [
        [cell.strip(" `") for cell in line.strip().strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith("|-")
    ]


def test_the_limits_are_those_of_the_settings() -> None:
    defaults = Limits()
    written = {
        "memory": f"{defaults.memory // GiB} GiB",
        "seconds": f"{defaults.seconds:g} s",
        "pixels": f"{defaults.pixels:,}",
        "buffer": f"{defaults.buffer // MiB} MiB",
        "frames": f"{defaults.frames:,}",
        "footage_seconds": f"{defaults.footage_seconds / 3600:.0f} h",
        "sound_seconds": f"{defaults.sound_seconds / 3600:.0f} h",
        "depth": f"{defaults.depth}",
        "members": f"{defaults.members:,}",
        "expansion": f"{defaults.expansion // GiB} GiB",
        "expansion_ratio": f"{defaults.expansion_ratio}",
    }
    assert written.keys() == set(Limits.__struct_fields__)
    documented = {row[0]: row[1] for row in rows("how-to/performance-and-limits.md") if len(row) == 4}
    assert documented == written | {"limit": "default"}


def test_the_problems_are_those_of_the_program() -> None:
    outcome = {True: "not media", False: "could not be read"}
    expected = [
        [code, problem_words()[code].title, outcome[code in NOT_A_FILE], "yes" if code in RETRIED else ""]
        for code in ProblemCode
    ]
    assert rows("how-to/unreadable-files.md")[1:] == expected


def test_the_outcomes_are_those_of_the_program_in_their_order() -> None:
    documented = [row[1] for row in rows("concepts.md") if row[0].isdigit()]
    assert documented == [outcome_words()[outcome].title for outcome in Outcome]


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
            file, _, heading = target.partition("#")
            if ":" in file:
                continue
            path = document.parent / file if file else document
            if not path.exists() or (heading and heading not in headings(path)):
                broken.append(f"{document.relative_to(ROOT)}: {target}")
    assert broken == []


def headings(document: Path) -> set[str]:
    """The names by which the headings of a Markdown document can be linked to."""
    found = re.findall(r"^#+ (.*)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}
