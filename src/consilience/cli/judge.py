"""Judge matches, stacks, classifications and entries, and take it back."""

from __future__ import annotations

from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import (
    TEXT,
    acting,
    holdings_option,
    json_option,
    public_id_argument,
    reason_options,
    sha256_argument,
)
from consilience.model.judgements import Decision, Verdict
from consilience.services import judgements as service
from consilience.services.holdings import Holdings

_DECISION = click.Choice([one.value for one in Decision])
_case = click.option("--case", type=TEXT, required=True, help="The case in the course of which it is judged.")
_note = click.option("--note", type=TEXT, default="", help="Free text to it; can be erased later.")
_OF_ENTRIES = {"confirm": Decision.POSITIVE, "doubt": Decision.UNSURE, "retract": Decision.NEGATIVE}


@click.group()
def judge() -> None:
    """Say what a match, a stack, a classification or an entry is worth; take it back."""


@judge.command()
@sha256_argument("one")
@sha256_argument("other")
@click.argument("decision", type=_DECISION)
@_case
@_note
@holdings_option
@reason_options("judgement")
def match(
    one: bytes, other: bytes, decision: str, case: str, note: str, folder: Path, actor: str, reason: str
) -> None:
    """Say whether the contents ONE and OTHER match. Negative: the match ties them no longer.

    \b
    Example:
      consilience judge match --case 2026-014 -H unit7 \\
        30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58 \\
        9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 negative
    """
    with Holdings.open(folder) as holdings:
        said = service.judge_match(
            holdings, acting(actor, reason, note), case, one, other, Decision(decision)
        )
    _print(said)


@judge.command()
@sha256_argument("member")
@sha256_argument("representative")
@click.argument("decision", type=_DECISION)
@_case
@_note
@holdings_option
@reason_options("judgement")
def stack(
    member: bytes,
    representative: bytes,
    decision: str,
    case: str,
    note: str,
    folder: Path,
    actor: str,
    reason: str,
) -> None:
    """Say whether MEMBER belongs into the stack of REPRESENTATIVE.

    \b
    Example:
      consilience judge stack --case 2026-014 -H unit7 \\
        30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58 \\
        9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 negative
    """
    with Holdings.open(folder) as holdings:
        said = service.judge_stack(
            holdings, acting(actor, reason, note), case, member, representative, Decision(decision)
        )
    _print(said)


@judge.command("entry-match")
@sha256_argument("content")
@click.argument("list_name", metavar="LIST", type=TEXT)
@click.argument("entry", type=TEXT)
@click.argument("decision", type=_DECISION)
@_case
@_note
@holdings_option
@reason_options("judgement")
def entry_match(
    content: bytes,
    list_name: str,
    entry: str,
    decision: str,
    case: str,
    note: str,
    folder: Path,
    actor: str,
    reason: str,
) -> None:
    """Say whether CONTENT matches ENTRY of LIST. Negative: no outcome follows from a near match.

    \b
    Example:
      consilience judge entry-match --case 2026-014 -H unit7 \\
        30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58 known 4711 negative
    """
    with Holdings.open(folder) as holdings:
        said = service.judge_entry_match(
            holdings, acting(actor, reason, note), case, content, list_name, entry, Decision(decision)
        )
    _print(said)


@judge.command("class")
@sha256_argument("content")
@click.argument("scheme", type=TEXT)
@click.argument("code", type=TEXT)
@click.option("--as", "decision", type=_DECISION, default="positive", show_default=True, help="Your word.")
@click.option("--scheme-version", type=TEXT, default="", help="Where the scheme has several.")
@_case
@_note
@holdings_option
@reason_options("judgement")
def class_(
    content: bytes,
    scheme: str,
    code: str,
    decision: str,
    scheme_version: str,
    case: str,
    note: str,
    folder: Path,
    actor: str,
    reason: str,
) -> None:
    """Say that CONTENT is, or is not, of CODE in SCHEME.

    \b
    Example:
      consilience judge class --case 2026-014 -H unit7 \\
        30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58 Consilience-review irrelevant
    """
    with Holdings.open(folder) as holdings:
        said = service.classify(
            holdings,
            acting(actor, reason, note),
            case,
            content,
            scheme,
            code,
            Decision(decision),
            version=scheme_version,
        )
    _print(said)


@judge.command()
@click.argument("list_name", metavar="LIST", type=TEXT)
@click.argument("entry", type=TEXT)
@click.argument("word", type=click.Choice(list(_OF_ENTRIES)))
@_note
@holdings_option
@reason_options("judgement")
def entry(list_name: str, entry: str, word: str, note: str, folder: Path, actor: str, reason: str) -> None:
    """Confirm, doubt or retract ENTRY of LIST, for your agency.

    \b
    Example:
      consilience judge entry known 4711 doubt -H unit7
    """
    with Holdings.open(folder) as holdings:
        said = service.judge_entry(holdings, acting(actor, reason, note), list_name, entry, _OF_ENTRIES[word])
    _print(said)


@judge.command()
@public_id_argument
@_note
@holdings_option
@reason_options("judgement")
def back(public_id: bytes, note: str, folder: Path, actor: str, reason: str) -> None:
    """Take the judgement with this ID back, with all that followed from it.

    \b
    Example:
      consilience judge back 0123456789abcdef0123456789abcdef -H unit7
    """
    with Holdings.open(folder) as holdings:
        left = service.take_back(holdings, acting(actor, reason, note), public_id)
    screen.say(f"Taken back. What is left: {_words(left)}.")


@judge.command("list")
@click.option("--case", type=TEXT, default="", help="The case's number; what was said of entries without it.")
@holdings_option
@json_option
@reason_options("review")
def list_judgements(case: str, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """List what was judged in a case, or of entries of lists.

    \b
    Example:
      consilience judge list --case 2026-014 -H unit7
    """
    who = acting(actor, reason)
    with Holdings.open(folder) as holdings:
        if case:
            found = service.judgements_of_case(holdings, who, case)
        else:
            found = service.judgements_of_entries(holdings, who)
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    rows = (
        (
            one.id.hex(),
            one.subject.value,
            " ".join([*(sha256.hex()[:12] for sha256 in one.contents), one.list, one.entry]).strip(),
            f"{one.decision.value} {one.scheme} {one.code}".strip(),
            one.author,
            ("superseded" if one.superseded else "taken back") if one.ended_at is not None else "",
        )
        for one in found
    )
    screen.table("", ("id", "on", "what", "said", "by", ""), rows)


def _print(said: service.Said) -> None:
    screen.say(f"On record as {said.id.hex()}. All votes: {_words(said.verdict)}.")


def _words(verdict: Verdict) -> str:
    cast = ", ".join(f"{one.author} {one.decision.value} {one.code}".strip() for one in verdict.votes)
    code = f" {verdict.code}" if verdict.code else ""
    return f"{verdict.state.value}{code} ({cast or 'none'}; {verdict.needed} needed)"
