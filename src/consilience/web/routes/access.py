"""Users, roles, members, releases, policies, approvals; and why somebody may see a record."""

# Annotations are read at run time: no postponed ones in modules of routes.

from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import Field

from consilience.model.judgements import PolicySubject
from consilience.model.locator import printable_text
from consilience.model.people import Permission, Reach, ReleaseLevel
from consilience.services import accounts, people
from consilience.store.people import UserRecord
from consilience.web.identity import Caller, Needs
from consilience.web.naming import case_number
from consilience.web.routing import creating, router
from consilience.web.shapes import CaseName, Cursor, Hex32, Id, In, Limit, Line, Name, Out, Page, at, cut

routes = router("access")

Administers = Annotated[Caller, Depends(Needs(Permission.ADMINISTER))]
Oversees = Annotated[Caller, Depends(Needs(Permission.ADMINISTER, Permission.AUDIT))]
Approves = Annotated[Caller, Depends(Needs(Permission.APPROVE))]
UserName = Annotated[str, Path(min_length=1, max_length=200, description="An account.")]
Code = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,63}$")]
CodePath = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,63}$")]


class RoleName(Out):
    """A role that stands for a user, and in which agency and unit."""

    role: str
    unit: str
    agency: str


class User(Out):
    """A person with an account."""

    name: str
    display_name: str
    active: bool
    agency: str
    unit: str | None
    roles: list[RoleName]


class NewUser(In):
    """A user who is to be added. The first one has to be one who may administer."""

    name: Name
    agency: Name
    unit: Line = ""
    roles: Annotated[list[Code], Field(max_length=20, default_factory=list)]


class AddedUser(Out):
    """A user who was added, and what that changes."""

    user: User
    is_first: bool = Field(description="From now on what no rule allows is denied.")
    unattended: list[str] = Field(description="Agencies that own records and have no user.")


class Invitation(Out):
    """A key, shown this once, with which the user chooses a password: hand it to that person alone."""

    name: str
    key: str


class Role(Out):
    """A role of the vocabulary."""

    code: str
    title: str
    meaning: str
    may: list[Permission]
    reach: Reach


class Member(In):
    """A user or a unit."""

    user: Annotated[str, Field(max_length=200)] = ""
    unit: Annotated[str, Field(max_length=200)] = ""


class MemberOut(Out):
    """A member of a case: a user, or everybody of a unit."""

    user: str | None
    unit: str | None
    since: str
    by: str


class CaseAccess(Out):
    """Who is let to a case; nothing of what lies in it."""

    id: Hex32
    number: str
    agency: str
    release_level: ReleaseLevel
    agencies: list[str] = Field(description="To which it is released by name.")
    members: list[MemberOut]


class Release(In):
    """Who may learn of a record."""

    level: Annotated[ReleaseLevel, Field(strict=False)]
    agencies: Annotated[list[Name], Field(max_length=100, default_factory=list)]


class Policy(Out):
    """How many must agree; by whom that was laid down, if by anybody."""

    subject: PolicySubject
    votes: int
    set_by: str | None
    set_at: str | None


class NewPolicy(In):
    """How many must agree from now on."""

    votes: Annotated[int, Field(ge=0, le=100)]


class Approval(Out):
    """Something that is to leave the agency."""

    id: Hex32
    case: str
    act: str
    asked_by: str
    asked_at: str
    approved_by: str | None


class Reason(Out):
    """One row of an explanation."""

    record: str
    rule: Permission
    grants: bool
    text: str


class Explanation(Out):
    """Why a user may do each kind of act to a record, or why not."""

    allowed: bool = Field(description="Whether the user may look at any record that was named.")
    reasons: list[Reason]


@routes.get("/users")
def list_users(caller: Oversees, cursor: Cursor = None, limit: Limit = 100) -> Page[User]:
    """Every user, by name."""
    found = people.all_users(caller.server.holdings, caller.actor)
    items, following = cut(found, cursor, limit)
    return Page(items=[_user(one) for one in items], next=following, total=len(found))


@creating(routes, "/users")
def add_user(caller: Administers, body: NewUser) -> AddedUser:
    """Add a user, who cannot sign in before accepting an invitation."""
    made = people.add_user(
        caller.server.holdings,
        caller.actor,
        body.name,
        agency=body.agency,
        unit=body.unit,
        roles=body.roles,
    )
    return AddedUser(
        user=_user(made.user),
        is_first=made.is_first,
        unattended=[printable_text(one) for one in made.unattended],
    )


@routes.delete("/users/{name}", status_code=204)
def end_user(caller: Administers, name: UserName) -> None:
    """Close an account. What it did stays on record, and nobody else gets the name."""
    people.end_user(caller.server.holdings, caller.actor, name)


@routes.post("/users/{name}/invitation", status_code=201)
def invite(caller: Administers, name: UserName) -> Invitation:
    """Let a user choose a password. An earlier invitation is no longer good."""
    key = accounts.invite(caller.server.holdings, caller.actor, name)
    return Invitation(name=printable_text(name), key=key)


@routes.put("/users/{name}/roles/{role}", status_code=204)
def grant(caller: Administers, name: UserName, role: CodePath) -> None:
    """Give a user a role."""
    people.grant(caller.server.holdings, caller.actor, name, role)


@routes.delete("/users/{name}/roles/{role}", status_code=204)
def revoke(caller: Administers, name: UserName, role: CodePath) -> None:
    """Take a role from a user."""
    people.revoke(caller.server.holdings, caller.actor, name, role)


@routes.get("/roles")
def list_roles(caller: Annotated[Caller, Depends(Needs())]) -> list[Role]:
    """The roles that can be given."""
    return [
        Role(code=code, title=one.title, meaning=one.meaning, may=sorted(one.may), reach=one.reach)
        for code, one in caller.server.holdings.vocabularies.roles.items()
    ]


@routes.get("/access/cases")
def list_case_access(caller: Oversees, cursor: Cursor = None, limit: Limit = 100) -> Page[CaseAccess]:
    """Who is let to each case, by number."""
    found = people.access_to_cases(caller.server.holdings, caller.actor)
    items, following = cut(found, cursor, limit)
    return Page(items=[_case_access(one) for one in items], next=following, total=len(found))


@routes.post("/cases/{case}/members", status_code=204)
def join(caller: Administers, case: CaseName, body: Member) -> None:
    """Make a user, or everybody of a unit, a member of a case."""
    number = case_number(caller, case, Permission.ADMINISTER)
    people.join(caller.server.holdings, caller.actor, number, user=body.user, unit=body.unit)


@routes.delete("/cases/{case}/members", status_code=204)
def leave(
    caller: Administers,
    case: CaseName,
    user: Annotated[str, Query(max_length=200)] = "",
    unit: Annotated[str, Query(max_length=200)] = "",
) -> None:
    """End a membership."""
    number = case_number(caller, case, Permission.ADMINISTER)
    people.leave(caller.server.holdings, caller.actor, number, user=user, unit=unit)


@routes.put("/cases/{case}/release", status_code=204)
def release_case(caller: Administers, case: CaseName, body: Release) -> None:
    """Say who may learn of a case."""
    number = case_number(caller, case, Permission.ADMINISTER)
    people.release_case(caller.server.holdings, caller.actor, number, body.level, body.agencies)


@routes.delete("/cases/{case}/release", status_code=204)
def withdraw_release(
    caller: Administers, case: CaseName, agency: Annotated[str, Query(min_length=1, max_length=200)]
) -> None:
    """Take back a case's release to an agency by name."""
    number = case_number(caller, case, Permission.ADMINISTER)
    people.withdraw_release(caller.server.holdings, caller.actor, agency, case=number)


@routes.put("/lists/{name}/release", status_code=204)
def release_list(
    caller: Administers, name: Annotated[str, Path(min_length=1, max_length=200)], body: Release
) -> None:
    """Say who may learn of a list."""
    people.release_list(caller.server.holdings, caller.actor, name, body.level, body.agencies)


@routes.get("/policies")
def list_policies(caller: Annotated[Caller, Depends(Needs())]) -> list[Policy]:
    """How many must agree, for every subject."""
    return [
        Policy(
            subject=one.subject,
            votes=one.votes,
            set_by=None if one.set_by is None else printable_text(one.set_by),
            set_at=None if one.set_at is None else at(one.set_at),
        )
        for one in people.all_policies(caller.server.holdings, caller.actor)
    ]


@routes.put("/policies/{subject}", status_code=204)
def set_policy(caller: Administers, subject: PolicySubject, body: NewPolicy) -> None:
    """Lay down how many must agree."""
    people.set_policy(caller.server.holdings, caller.actor, subject, body.votes)


@routes.get("/approvals")
def list_approvals(caller: Approves) -> list[Approval]:
    """What waits for a second person, or was approved and is not used yet."""
    return [
        Approval(
            id=one.public_id.hex(),
            case=printable_text(one.case),
            act=one.act,
            asked_by=printable_text(one.asked_by),
            asked_at=at(one.asked_at),
            approved_by=None if one.approved_by is None else printable_text(one.approved_by),
        )
        for one in people.approvals(caller.server.holdings, caller.actor)
    ]


@routes.post("/approvals/{id}", status_code=204)
def approve(caller: Approves, id: Id) -> None:
    """Be the second person for what is to leave the agency."""
    people.approve(caller.server.holdings, caller.actor, bytes.fromhex(id))


@routes.get("/access/explain")
def explain(
    caller: Oversees,
    user: Annotated[str, Query(min_length=1, max_length=200)],
    record: Annotated[
        str,
        Query(min_length=1, max_length=300, description="`list:NAME`, a SHA-256, or a case's number."),
    ],
) -> Explanation:
    """Why a user may see and do what with a record."""
    found = people.explain(caller.server.holdings, caller.actor, user, record)
    reasons = [
        Reason(record=printable_text(one.record), rule=each.permission, grants=each.allowed, text=each.reason)
        for one in found
        for each in one.reasons
    ]
    return Explanation(
        allowed=any(one.grants and one.rule is Permission.LOOK for one in reasons), reasons=reasons
    )


def _case_access(one: people.CaseAccess) -> CaseAccess:
    return CaseAccess(
        id=one.case.public_id.hex(),
        number=printable_text(one.case.number),
        agency=printable_text(one.case.agency),
        release_level=ReleaseLevel(one.case.release_level),
        agencies=[printable_text(each) for each in one.agencies],
        members=[
            MemberOut(
                user=None if each.user is None else printable_text(each.user),
                unit=None if each.unit is None else printable_text(each.unit),
                since=at(each.granted_at),
                by=printable_text(each.granted_by),
            )
            for each in one.members
        ],
    )


def _user(one: UserRecord) -> User:
    agency, unit = printable_text(one.agency), printable_text(one.unit or "")
    return User(
        name=printable_text(one.name),
        display_name=printable_text(one.name),
        active=not one.ended,
        agency=agency,
        unit=unit or None,
        roles=[RoleName(role=role, unit=unit, agency=agency) for role in one.roles],
    )
