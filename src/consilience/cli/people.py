"""Users and their roles; persons in the records of a case."""

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
from consilience.model.persons import PersonKind, PersonRecord
from consilience.services import people, persons, subjects
from consilience.services.holdings import Holdings


@click.group()
def user() -> None:
    """Keep users and their roles. With the first user, everybody needs leave for what they do."""


@user.command()
@click.argument("name", type=TEXT)
@click.option("--agency", type=TEXT, required=True, help="Whose user.")
@click.option("--unit", type=TEXT, default="", help="The part of the agency.")
@click.option("--role", "roles", type=TEXT, multiple=True, help="A role; may be given several times.")
@holdings_option
@reason_options("administration")
def add(
    name: str, agency: str, unit: str, roles: tuple[str, ...], folder: Path, actor: str, reason: str
) -> None:
    """Add user NAME. The first one has to be an administrator.

    \b
    Example:
      consilience user add ann --agency "Unit 7" --role administrator -H unit7
    """
    with Holdings.open(folder) as holdings:
        added = people.add_user(holdings, acting(actor, reason), name, agency=agency, unit=unit, roles=roles)
    screen.say(f"User {name} of {agency} added: {', '.join(added.user.roles) or 'no role yet'}.")
    if added.is_first:
        screen.say("From now on everybody needs leave; what no rule allows is denied.")
    if added.unattended:
        screen.say(f"Agencies with records here and no user: {', '.join(added.unattended)}.")


@user.command("list")
@holdings_option
@json_option
@reason_options("administration")
def list_users(folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """List the users.

    \b
    Example:
      consilience user list -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = people.all_users(holdings, acting(actor, reason))
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    rows = (
        (one.name, one.agency, one.unit or "", ", ".join(one.roles), "closed" if one.ended else "")
        for one in found
    )
    screen.table("", ("user", "agency", "unit", "roles", ""), rows)


@user.command()
@click.argument("name", type=TEXT)
@holdings_option
@reason_options("administration")
def end(name: str, folder: Path, actor: str, reason: str) -> None:
    """Close the account of NAME; what it did stays on record.

    \b
    Example:
      consilience user end ann -H unit7
    """
    with Holdings.open(folder) as holdings:
        people.end_user(holdings, acting(actor, reason), name)
    screen.say(f"The account of {name} is closed.")


@user.command()
@click.argument("name", type=TEXT)
@click.argument("role", type=TEXT)
@holdings_option
@reason_options("administration")
def grant(name: str, role: str, folder: Path, actor: str, reason: str) -> None:
    """Give user NAME a ROLE.

    \b
    Example:
      consilience user grant ann examiner -H unit7
    """
    with Holdings.open(folder) as holdings:
        people.grant(holdings, acting(actor, reason), name, role)
    screen.say(f"{name} is {role} now.")


@user.command()
@click.argument("name", type=TEXT)
@click.argument("role", type=TEXT)
@holdings_option
@reason_options("administration")
def revoke(name: str, role: str, folder: Path, actor: str, reason: str) -> None:
    """Take a ROLE from user NAME.

    \b
    Example:
      consilience user revoke ann examiner -H unit7
    """
    with Holdings.open(folder) as holdings:
        people.revoke(holdings, acting(actor, reason), name, role)
    screen.say(f"{name} is {role} no longer.")


@user.command()
@click.argument("name", type=TEXT)
@click.argument("subject", type=TEXT)
@click.option("--provider", type=TEXT, required=True, help="The provider's issuer, as in consilience serve.")
@holdings_option
@reason_options("administration")
def bind(name: str, subject: str, provider: str, folder: Path, actor: str, reason: str) -> None:
    """Let user NAME sign in as SUBJECT of a sign-in provider, in place of the one bound before.

    \b
    Example:
      consilience user bind ann f3a1-0017 --provider https://sso.example/realm -H unit7
    """
    with Holdings.open(folder) as holdings:
        subjects.bind(holdings, acting(actor, reason), name, issuer=provider, subject=subject)
    screen.say(f"{name} may sign in through {provider}.")


@user.command()
@click.argument("name", type=TEXT)
@holdings_option
@reason_options("administration")
def unbind(name: str, folder: Path, actor: str, reason: str) -> None:
    """Let user NAME sign in through a provider no longer; the user's sessions end.

    \b
    Example:
      consilience user unbind ann -H unit7
    """
    with Holdings.open(folder) as holdings:
        subjects.unbind(holdings, acting(actor, reason), name)
    screen.say(f"{name} is bound to no provider now.")


@click.group()
def person() -> None:
    """Keep persons in a case's records: each kind apart, facts apart from assessments."""


_KINDS = click.Choice([one.value for one in PersonKind])


@person.command("add")
@click.argument("name", type=TEXT)
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@click.option("--as", "kind", type=_KINDS, required=True, help="What the person is to the case.")
@click.option("--origin", type=TEXT, default="", help="Where the record came from.")
@holdings_option
@reason_options("identification")
def add_person(name: str, case: str, kind: str, origin: str, folder: Path, actor: str, reason: str) -> None:
    """Add a person called NAME to a case.

    \b
    Example:
      consilience person add "Person 1" --case 2026-014 --as witness -H unit7
    """
    with Holdings.open(folder) as holdings:
        added = persons.add_person(
            holdings, acting(actor, reason), case, PersonKind(kind), name, origin=origin
        )
    screen.say(f"Added as {added.public_id.hex()}.")


@person.command()
@public_id_argument
@click.argument("text", type=TEXT)
@click.option("--source", type=TEXT, default="", help="Where it stands: this makes it a fact.")
@holdings_option
@reason_options("identification")
def say(public_id: bytes, text: str, source: str, folder: Path, actor: str, reason: str) -> None:
    """Record TEXT of the person with this ID: a fact with --source, an assessment without.

    \b
    Example:
      consilience person say 0123456789abcdef0123456789abcdef "Was there" --source "statement 4" -H unit7
    """
    with Holdings.open(folder) as holdings:
        persons.say_of_person(holdings, acting(actor, reason), public_id, text, source=source)
    screen.say("Recorded as a fact." if source.strip() else "Recorded as an assessment.")


@person.command("list")
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@click.option("--as", "kind", type=_KINDS, required=True, help="Which kind: one at a time.")
@holdings_option
@json_option
@reason_options("review")
def list_persons(case: str, kind: str, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """List the persons of one kind in a case.

    \b
    Example:
      consilience person list --case 2026-014 --as witness -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = persons.persons_of_case(holdings, acting(actor, reason), case, PersonKind(kind))
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    for one in found:
        _print(one)
    click.echo(f"{len(found):,} in case {case} as {kind}.")


def _print(one: PersonRecord) -> None:
    screen.line(f"{one.public_id.hex()} {one.name}", bold=True)
    for fact in one.facts:
        screen.say(f"  fact: {fact.text} ({fact.source})")
    for assessment in one.assessments:
        screen.say(f"  assessment of {assessment.said_by}: {assessment.text}")
