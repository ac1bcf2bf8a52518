"""Shell commands in Markdown: found, judged whether a test may run them, and compared with what is shown.

A block is fenced and marked ``console`` or ``sh``. Where some of its lines begin with ``$ ``, these are the
commands, and the lines below each are what it prints; elsewhere every line is a command. A backslash at the end
of a line goes on with the next.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROGRAMS = frozenset({"cat", "consilience", "cp", "echo", "head", "ls", "sha256sum"})
"""What may be run: ours, and small programs that everybody has. Not make, mount, sudo, git, …"""

_FENCE = re.compile(r"^\s*```(\w*)")
_PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9]*…?")
_ASSIGNMENT = re.compile(r"\w+=")
_BETWEEN_COMMANDS = frozenset({"|", "||", "&&", ";", "&"})


class Command(NamedTuple):
    """A command of a document.

    Attributes:
        line: where it stands, from 1.
        text: as the shell takes it.
        shown: what the document says that it prints, a line each.
    """

    line: int
    text: str
    shown: tuple[str, ...] = ()


def commands(text: str) -> list[Command]:
    """The commands of a Markdown text, in order."""
    return [command for block in _blocks(text) for command in _commands_of(block)]


def _blocks(text: str) -> Iterator[list[tuple[int, str]]]:
    """The shell blocks: their lines that are not empty, with the line's number."""
    language, block = "", list[tuple[int, str]]()
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if fence and not language:
            language, block = fence[1] or "none", []
        elif fence:
            if language in ("console", "sh"):
                yield block
            language = ""
        elif line.strip():
            block.append((number, line.strip()))


def _commands_of(block: list[tuple[int, str]]) -> list[Command]:
    with_prompt = any(line.startswith("$ ") for _, line in block)
    found: list[Command] = []
    going_on = False
    for number, line in block:
        if going_on:
            last = found.pop()
            found.append(last._replace(text=f"{last.text[:-1].rstrip()} {line.removeprefix('> ')}"))
        elif line.startswith("$ ") or not (with_prompt or line.startswith("#")):
            found.append(Command(number, line.removeprefix("$ ")))
        elif with_prompt and found:
            last = found.pop()
            found.append(last._replace(shown=(*last.shown, line)))
            continue
        going_on = bool(found) and line.endswith("\\")
    return found


def programs(command: str) -> list[list[str]]:
    """The words of each program that a command line starts, without assignments before them."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    started: list[list[str]] = [[]]
    for word in lexer:
        if word in _BETWEEN_COMMANDS:
            started.append([])
        elif started[-1] or not _ASSIGNMENT.match(word):
            started[-1].append(word)
    return [words for words in started if words]


def ours(command: str) -> Iterator[list[str]]:
    """The arguments of each `consilience` that a command line starts, up to a redirection."""
    for words in programs(command):
        if words[0] in ("consilience", ".venv/bin/consilience"):
            ends = [place for place, word in enumerate(words) if set(word) & set("<>")]
            yield words[1 : ends[0]] if ends else words[1:]


def why_not_run(command: str) -> str:
    """Why a test does not run a command; empty where it does.

    Run are commands whose programs are all in `PROGRAMS`. Not run are patterns (with ``…``, or with a word in
    capitals in the place of a value), and what works on the operation that `make demo` builds.
    """
    words = [word for program in programs(command) for word in program]
    if "…" in command or any(_PLACEHOLDER.fullmatch(word) for word in words):
        return "a pattern"
    others = {program[0].removeprefix(".venv/bin/") for program in programs(command)} - PROGRAMS
    if others:
        return f"runs {', '.join(sorted(others))}"
    demo = any(word == "demo" or word.removeprefix("./").startswith("demo/") for word in words)
    return "needs the demonstration" if demo else ""


def prints(shown: tuple[str, ...], printed: str) -> bool:
    """Whether an output has the lines that a document shows, in this order, perhaps among others.

    ``…`` in a shown line stands for anything; spaces may be fewer or more.
    """
    patterns = [re.escape(" ".join(line.split())).replace("…", ".*") for line in shown]
    lines = iter(" ".join(line.split()) for line in printed.splitlines())
    return all(any(re.fullmatch(pattern, line) for line in lines) for pattern in patterns)


def pages(root: Path) -> list[Path]:
    """The documents whose commands are run."""
    return [root / "README.md", *sorted((root / "docs" / "how-to").glob("*.md"))]
