"""Every function that people call is a marked service, refuses who has no leave, and keeps the refusal."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from world import ACTOR, make_holdings

from consilience import services
from consilience.errors import AccessError, UsageError
from consilience.model.people import Actor, Permission
from consilience.model.vocabularies.loading import load
from consilience.services import people
from consilience.services.access import SERVICES
from consilience.services.holdings import Holdings
from consilience.store.schema import event

OPEN = {
    # Nobody is known yet, or somebody proves who it is.
    "accounts.enter", "accounts.sign_in", "accounts.session_of", "accounts.sign_out", "accounts.accept",
    "accounts.change_password", "tokens.token_of", "tokens.count_use",
    "passkeys.begin_sign_in", "passkeys.sign_in", "subjects.begin_sign_in", "subjects.sign_in",
    # Parts of services, behind the doors of those.
    "access.admit", "access.require_approval", "gallery.note", "review.note_content", "ingest.check_apart", "matchservice.alert_lists",
    "code_index.keep_up", "code_index.drop_indexes", "code_index.index_folder",
    "keys.keyring", "keys.signer", "keys.public_key",
}  # fmt: skip
"""Functions over holdings that are no service, each for the reason above it."""

ROLES = sorted(load().roles)


def public_functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for found in pkgutil.iter_modules(services.__path__):
        module = importlib.import_module(f"{services.__name__}.{found.name}")
        for name, function in vars(module).items():
            own = inspect.isfunction(function) and function.__module__ == module.__name__
            if own and not name.startswith("_"):
                yield f"{found.name}.{name}", function


def over_holdings() -> dict[str, Callable[..., object]]:
    return {
        name: function
        for name, function in public_functions()
        if next(iter(inspect.signature(function).parameters), None) == "holdings"
    }


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdings]:
    """Holdings with a user of each role, one with none, and one whose account is closed."""
    with make_holdings(tmp_path_factory.mktemp("staffed") / "holdings", "C1") as made:
        people.add_user(made, ACTOR, "root", agency="test agency", roles=["administrator"])
        root = Actor("root", "administration")
        for role in ROLES:
            people.add_user(made, root, role, agency="test agency", roles=[role])
        people.add_user(made, root, "idle", agency="test agency")
        people.add_user(made, root, "gone", agency="test agency", roles=ROLES)
        people.end_user(made, root, "gone")
        yield made


def refusals(holdings: Holdings) -> list[str]:
    with holdings.database.read() as connection:
        query = select(event.c.object_kind).where(event.c.outcome == "refused").order_by(event.c.id)
        return list(connection.execute(query).scalars())


def test_every_function_over_holdings_is_a_service() -> None:
    assert set(over_holdings()) - set(SERVICES) == OPEN
    assert set(SERVICES) <= set(over_holdings())


@pytest.mark.parametrize("who", ["idle", "gone", "nobody", *ROLES])
def test_without_leave_every_service_refuses_and_keeps_it(staffed: Holdings, who: str) -> None:
    """Called without its arguments: leave is asked before anything is looked at."""
    may = load().roles[who].may if who in ROLES else frozenset()
    functions = over_holdings()
    refused = {name for name, needed in SERVICES.items() if not needed & may}
    before = len(refusals(staffed))
    for name in sorted(refused):
        with pytest.raises(AccessError):
            functions[name](staffed, Actor(who, "review"))
    kinds = {name.replace("_", "-") for name in refused}
    assert sorted(refusals(staffed)[before:]) == sorted(kinds)
    for name in sorted(set(SERVICES) - refused):
        arguments = inspect.signature(functions[name]).parameters.values()
        if any(one.default is inspect.Parameter.empty for one in list(arguments)[2:]):
            with pytest.raises(TypeError, match="missing"):
                functions[name](staffed, Actor(who, "review"))


def test_a_reason_that_nobody_knows_is_refused(staffed: Holdings) -> None:
    with pytest.raises(UsageError, match="no reason that is known"):
        people.all_users(staffed, Actor("root", "because"))


def test_without_users_whoever_opens_the_holdings_owns_them(tmp_path: Path) -> None:
    with make_holdings(tmp_path / "holdings", "C1") as made:
        assert people.all_users(made, Actor("anybody", "whatever")) == []
        assert {one.allowed for one in people_explained(made)} == {True}


def people_explained(holdings: Holdings) -> list[people.Reason]:
    from consilience.access import rules
    from consilience.model.people import ReleaseLevel
    from consilience.store.people import standing_of

    with holdings.database.read() as connection:
        standing = standing_of(connection, "anybody")
    facts = rules.RecordFacts(agency=1, level=ReleaseLevel.CASE, is_member=False, is_named=False)
    return rules.explain(standing, facts)


def test_the_first_user_may_administer_and_the_last_such_stays(tmp_path: Path) -> None:
    with make_holdings(tmp_path / "holdings", "C1") as made:
        with pytest.raises(UsageError, match="first user"):
            people.add_user(made, ACTOR, "ann", agency="north", roles=["analyst"])
        added = people.add_user(made, ACTOR, "root", agency="north", roles=["administrator"])
        assert added.is_first and added.unattended == ("test agency",)
        root = Actor("root", "administration")
        with pytest.raises(UsageError, match="would be left"):
            people.revoke(made, root, "root", "administrator")
        with pytest.raises(UsageError, match="would be left"):
            people.end_user(made, root, "root")
        assert [one.roles for one in people.all_users(made, root)] == [("administrator",)]


def test_permissions_cover_the_services() -> None:
    assert {one for needed in SERVICES.values() for one in needed} == set(Permission)
