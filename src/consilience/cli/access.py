"""Who may see what: members, releases, policies, approvals, and the reasons."""

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
)
from consilience.model.judgements import PolicySubject
from consilience.model.people import ReleaseLevel
from consilience.services import people
from consilience.services.holdings import Holdings


@click.group()
def access() -> None:
    """Say who may see what, and why."""


@access.command()
@click.argument("user", type=TEXT)
@click.argument("record", type=TEXT)
@holdings_option
@json_option
@reason_options("audit")
def explain(user: str, record: str, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Say what USER may do with RECORD, and why: a case's number, list:NAME, or a content's SHA-256.

    \b
    Examples:
      consilience access explain ann 2026-014 -H unit7
      consilience access explain ann list:known -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = people.explain(holdings, acting(actor, reason), user, record)
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    for one in found:
        rows = ((row.permission.value, "yes" if row.allowed else "no", row.reason) for row in one.reasons)
        screen.table(one.record, ("may", "", "because"), rows)


@access.command()
@click.argument("case", type=TEXT)
@click.option("--user", type=TEXT, default="", help="The user who is to work on it ...")
@click.option("--unit", type=TEXT, default="", help="... or the unit, all of whose users are.")
@holdings_option
@reason_options("administration")
def join(case: str, user: str, unit: str, folder: Path, actor: str, reason: str) -> None:
    """Make a user or a unit a member of CASE.

    \b
    Example:
      consilience access join 2026-014 --user ann -H unit7
    """
    with Holdings.open(folder) as holdings:
        people.join(holdings, acting(actor, reason), case, user=user, unit=unit)
    screen.say(f"{user or unit} is a member of case {case} now.")


@access.command()
@click.argument("case", type=TEXT)
@click.option("--user", type=TEXT, default="", help="The user ...")
@click.option("--unit", type=TEXT, default="", help="... or the unit.")
@holdings_option
@reason_options("administration")
def leave(case: str, user: str, unit: str, folder: Path, actor: str, reason: str) -> None:
    """End the membership of a user or a unit of CASE.

    \b
    Example:
      consilience access leave 2026-014 --user ann -H unit7
    """
    with Holdings.open(folder) as holdings:
        people.leave(holdings, acting(actor, reason), case, user=user, unit=unit)
    screen.say(f"{user or unit} is a member of case {case} no longer.")


@access.command()
@click.argument("record", type=TEXT)
@click.argument("level", type=click.Choice([one.value for one in ReleaseLevel]))
@click.option("--to", "agencies", type=TEXT, multiple=True, help="An agency, for the level named-agencies.")
@holdings_option
@reason_options("administration")
def release(
    record: str, level: str, agencies: tuple[str, ...], folder: Path, actor: str, reason: str
) -> None:
    """Say who may learn of RECORD, a case's number or list:NAME.

    \b
    Examples:
      consilience access release 2026-014 agency -H unit7
      consilience access release list:known installation -H unit7
    """
    kind, _, name = record.partition(":")
    who = acting(actor, reason)
    with Holdings.open(folder) as holdings:
        if kind == "list" and name:
            people.release_list(holdings, who, name, ReleaseLevel(level), agencies)
        else:
            people.release_case(holdings, who, record, ReleaseLevel(level), agencies)
    screen.say(f"{record} is released: {level}{', '.join(('', *agencies))}.")


@access.command()
@click.argument("record", type=TEXT)
@click.argument("agency", type=TEXT)
@holdings_option
@reason_options("administration")
def withdraw(record: str, agency: str, folder: Path, actor: str, reason: str) -> None:
    """Take back the release of RECORD to AGENCY by name.

    \b
    Example:
      consilience access withdraw 2026-014 "Unit 9" -H unit7
    """
    kind, _, name = record.partition(":")
    named = {"list_name": name} if kind == "list" and name else {"case": record}
    with Holdings.open(folder) as holdings:
        people.withdraw_release(holdings, acting(actor, reason), agency, **named)
    screen.say(f"{record} is no longer released to {agency} by name.")


@access.command()
@holdings_option
@json_option
@reason_options("administration")
def policies(folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """List how many people must agree, for each kind of judgement and for what leaves the agency.

    \b
    Example:
      consilience access policies -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = people.all_policies(holdings, acting(actor, reason))
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    rows = ((one.subject.value, str(one.votes), one.set_by or "as delivered") for one in found)
    screen.table("", ("for", "votes", "set by"), rows, right="1")


@access.command()
@click.argument("subject", type=click.Choice([one.value for one in PolicySubject]))
@click.argument("votes", type=int)
@holdings_option
@reason_options("administration")
def policy(subject: str, votes: int, folder: Path, actor: str, reason: str) -> None:
    """Lay down how many VOTES a SUBJECT needs.

    \b
    Examples:
      consilience access policy classification 3 -H unit7
      consilience access policy disclosure 1 -H unit7
    """
    with Holdings.open(folder) as holdings:
        people.set_policy(holdings, acting(actor, reason), PolicySubject(subject), votes)
    screen.say(f"{subject}: {votes}.")


@access.command()
@holdings_option
@json_option
@reason_options("review")
def approvals(folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """List what waits for a second person before it leaves the agency.

    \b
    Example:
      consilience access approvals -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = people.approvals(holdings, acting(actor, reason))
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    rows = (
        (one.public_id.hex(), one.act, one.case, one.asked_by, one.approved_by or "waits") for one in found
    )
    screen.table("", ("id", "what", "case", "asked by", "approved by"), rows)


@access.command()
@public_id_argument
@holdings_option
@reason_options("review")
def approve(public_id: bytes, folder: Path, actor: str, reason: str) -> None:
    """Be the second person for what was asked for under ID.

    \b
    Example:
      consilience access approve 0123456789abcdef0123456789abcdef -H unit7
    """
    with Holdings.open(folder) as holdings:
        people.approve(holdings, acting(actor, reason), public_id)
    screen.say("Approved. Who asked can run the command again.")
