"""Which commands of a document are found, which of them are run, and how their output is compared."""

from __future__ import annotations

import pytest
from shell_blocks import Command, commands, ours, prints, programs, why_not_run

PAGE = """\
# A page

```console
$ consilience init unit7
Holdings made in unit7.

$ consilience list import known.json \\
    --name known \\
    --role alert
List known, edition 1 …
```

    consilience not in a block

```python
consilience = "not a shell"
```

```sh
# what a machine needs
make demo
consilience hash a.jpg > hashes
```

```console
make test     # the tests
consilience case list
```
"""


def test_commands_are_found_with_what_they_print() -> None:
    assert commands(PAGE) == [
        Command(4, "consilience init unit7", ("Holdings made in unit7.",)),
        Command(
            7, "consilience list import known.json --name known --role alert", ("List known, edition 1 …",)
        ),
        Command(21, "make demo"),
        Command(22, "consilience hash a.jpg > hashes"),
        Command(26, "make test     # the tests"),
        Command(27, "consilience case list"),
    ]


@pytest.mark.parametrize("text", ["", "# Only words\n", "```\nno language\n```\n", "```console\n```\n"])
def test_a_page_without_commands_has_none(text: str) -> None:
    assert commands(text) == []


@pytest.mark.parametrize(
    "command",
    [
        "consilience init unit7",
        ".venv/bin/consilience --help",
        "CONSILIENCE_HOLDINGS=unit7 consilience case list",
        "consilience hash --json /mnt/stick > hashes.jsonl; echo $?",
        "consilience case list -H unit7 | head -3",
        "consilience ingest /mnt/stick --case 2026-014 --exhibit AB-1",
        "cp -a unit7 unit7-backup",
    ],
)
def test_these_are_run(command: str) -> None:
    assert why_not_run(command) == ""


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("make demo", "runs make"),
        ("make demo     # builds an operation; see demo/report", "runs make"),
        ("make test && consilience --help", "runs make"),
        ("sudo mount -o ro /dev/sdb1 /mnt/stick", "runs sudo"),
        ("mount -o ro /dev/sdb1 /mnt/stick", "runs mount"),
        ("git clone https://example.org/consilience && cd consilience", "runs cd, git"),
        ("consilience hash a.jpg | xargs rm", "runs xargs"),
        ("consilience hash FILE…", "a pattern"),
        ("consilience show SHA256", "a pattern"),
        ("consilience case new …", "a pattern"),
        ("consilience ingest PATH --case C --exhibit N", "a pattern"),
        ("consilience matches --case 2025-0417 -H demo/holdings", "needs the demonstration"),
    ],
)
def test_these_are_not_run(command: str, why: str) -> None:
    assert why_not_run(command) == why


def test_programs_of_a_command_line() -> None:
    assert programs("A=1 consilience hash 'a b.jpg' | head -3; echo $?") == [
        ["consilience", "hash", "a b.jpg"],
        ["head", "-3"],
        ["echo", "$?"],
    ]


def test_our_arguments_end_at_a_redirection() -> None:
    assert list(ours("consilience hash --json x > y; .venv/bin/consilience --help")) == [
        ["hash", "--json", "x"],
        ["--help"],
    ]


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ((), True),
        (("two",), True),
        (("one", "three 3 s"), True),
        (("three … s",), True),
        (("…", "two"), True),
        (("two", "one"), False),
        (("tw",), False),
        (("four",), False),
    ],
)
def test_what_is_shown_is_compared(shown: tuple[str, ...], same: bool) -> None:
    assert prints(shown, "one\n  two\nthree   3 s\n") is same
