"""Vocabularies: complete, neutral, and extended by an operator's folder or refused with the file's name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest

from consilience.errors import HoldingsError
from consilience.model.judgements import PolicySubject
from consilience.model.people import Permission, Reach, ReleaseLevel
from consilience.model.persons import PersonKind
from consilience.model.vocabularies.loading import default_votes, load, words


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("name", "codes"),
    [("permissions", Permission), ("release_levels", ReleaseLevel), ("person_kinds", PersonKind)],
)
def test_every_code_has_its_words(name: str, codes: type[StrEnum]) -> None:
    assert list(words(name)) == list(codes)


def test_every_policy_has_a_number() -> None:
    assert set(default_votes()) == set(PolicySubject)


def test_words_are_sentences() -> None:
    shipped = load()
    every = [*shipped.roles.values(), *shipped.justifications.values(), *shipped.kinds_of_evidence.values()]
    for one in every:
        assert one.title and not one.title.endswith(".") and one.meaning.endswith(".")


def test_codes_of_schemes_stand_without_descriptions() -> None:
    for scheme in load().schemes.values():
        assert all(len(code) <= 10 for code in scheme.codes)


def test_every_permission_is_given_by_a_role() -> None:
    assert {one for role in load().roles.values() for one in role.may} == set(Permission)


def test_an_operator_adds_roles_schemes_and_mappings(tmp_path: Path) -> None:
    write(
        tmp_path,
        "roles.toml",
        '[night-desk]\ntitle = "T"\nmeaning = "M."\nmay = ["look"]\nreach = "agency"\n',
    )
    write(tmp_path, "justifications.toml", '[training]\ntitle = "T"\nmeaning = "M."\n')
    write(tmp_path, "schemes/own.toml", 'name = "Own"\nversion = "7"\nkeeper = "us"\ncodes = ["x", "y"]\n')
    write(
        tmp_path,
        "mappings/own-to-uk.toml",
        'by = "us"\nauthority = "order 5"\nfrom = {name = "Own", version = "7"}\n'
        'to = {name = "UK", version = "1"}\ncodes = {x = "B"}\n',
    )
    loaded = load(tmp_path)
    assert loaded.roles["night-desk"].reach is Reach.AGENCY
    assert loaded.roles["examiner"] == load().roles["examiner"]
    assert "training" in loaded.justifications
    own, uk = loaded.scheme("Own"), loaded.scheme("UK", "1")
    assert own is not None and uk is not None
    assert loaded.mapped(own, uk, "x") == "B"
    assert loaded.mapped(own, uk, "y") is None
    assert loaded.mapped(uk, own, "B") is None


MAPPING = (
    'by = "us"\nauthority = ""\nfrom = {{name = "UK", version = "1"}}\nto = {{name = "{}", version = "1"}}\n'
)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("roles.toml", "[night-desk", "Expected"),
        ("roles.toml", '[r]\ntitle = "T"\nmeaning = "M."\nmay = ["fly"]\nreach = "agency"\n', "fly"),
        (
            "roles.toml",
            '[examiner]\ntitle = "T"\nmeaning = "M."\nmay = []\nreach = "agency"\n',
            "there already",
        ),
        ("roles.toml", '["No Code"]\ntitle = "T"\nmeaning = "M."\nmay = []\nreach = "agency"\n', "no code"),
        ("justifications.toml", '[x]\ntitle = "T"\nmeaning = "M."\ncolour = 3\n', "colour"),
        ("schemes/s.toml", 'name = "S"\nversion = "1"\nkeeper = ""\ncodes = ["a", "a"]\n', "twice"),
        ("schemes/s.toml", 'name = "S"\nversion = "1"\nkeeper = ""\ncodes = []\n', "none of them empty"),
        ("schemes/uk.toml", 'name = "UK"\nversion = "1"\nkeeper = ""\ncodes = ["D"]\n', "there already"),
        ("mappings/m.toml", MAPPING.format("Nowhere") + "codes = {}\n", "no scheme Nowhere"),
        ("mappings/m.toml", MAPPING.format("NCMEC") + 'codes = {A = "Z"}\n', "no code Z"),
    ],
)
def test_what_is_wrong_is_refused_with_its_file(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(HoldingsError, match=says) as refused:
        load(write(tmp_path, name, text))
    assert str(tmp_path / name) in str(refused.value)
