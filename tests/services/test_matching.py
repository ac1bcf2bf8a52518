"""Matching both ways: whatever came first, the matches are those of a plain comparison of everything."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from world import ACTOR, encoded, make_holdings, picture, take_in

from consilience.errors import FormatError, UsageError
from consilience.fingerprints.pdq import Pdq
from consilience.model.lists import Role
from consilience.model.outcomes import Outcome
from consilience.runs.local import LocalExecutor
from consilience.services import lists, review
from consilience.services.holdings import Holdings
from consilience.services.notices import notices_of_case
from consilience.settings import PDQ_RADIUS

TURNS = tuple(Image.Transpose)


def codes_of(image: Image.Image) -> np.ndarray:
    return Pdq().fingerprint(np.asarray(image.convert("RGB"))).codes


@pytest.fixture
def pictures() -> dict[str, Image.Image]:
    """Thirty pictures: originals, turned, resized, and such as lie near the edge of the radius."""
    made: dict[str, Image.Image] = {}
    for seed in range(6):
        original = picture(seed, 400)
        made[f"{seed}-original.png"] = original
        made[f"{seed}-turned.png"] = original.transpose(TURNS[seed])
        made[f"{seed}-cropped.png"] = original.crop((0, 0, 392 - 2 * seed, 396)).resize((400, 400))
        made[f"{seed}-small.png"] = original.resize((240, 240))
        made[f"{seed}-mixed.png"] = Image.blend(original, picture(seed + 100, 400), 0.1 + seed / 40)
    return made


def lay_out(folder: Path, pictures: dict[str, Image.Image]) -> Path:
    folder.mkdir(parents=True)
    for name, image in pictures.items():
        (folder / name).write_bytes(encoded(image, "PNG"))
    return folder


def write_lists(folder: Path, pictures: dict[str, Image.Image]) -> tuple[Path, Path]:
    """A list of PDQ codes and a list of digests, each over some of the pictures."""
    names = sorted(pictures)
    near, same = folder / "near.txt", folder / "same.txt"
    near.write_text("".join(codes_of(pictures[name])[0].tobytes().hex() + "\n" for name in names[::4]))
    digests = (hashlib.sha1(encoded(pictures[name], "PNG")).hexdigest() for name in names[::3])
    same.write_text("".join(f"{digest}\n" for digest in digests))
    return near, same


def import_both(holdings: Holdings, paths: tuple[Path, Path]) -> None:
    lists.import_list(holdings, ACTOR, paths[0], name="near", role=Role.ALERT, format="pdq")
    lists.import_list(holdings, ACTOR, paths[1], name="same", role=Role.ALERT, format="plain")


def found_in(holdings: Holdings) -> set[tuple[str, str, str, int, str]]:
    """Digest of the content, list, entry, distance and orientation of every match."""
    return {
        (
            one.media.sha256.hex(),
            match.list,
            match.entry,
            match.agreement.distance,
            match.agreement.orientation,
        )
        for one in review.matches_of_case(holdings, ACTOR, "C1")
        for match in one.matches
    }


def test_lists_first_or_exhibits_first_makes_no_difference(
    tmp_path: Path, executor: LocalExecutor, pictures: dict[str, Image.Image]
) -> None:
    paths = write_lists(tmp_path, pictures)
    exhibit = lay_out(tmp_path / "exhibit", pictures)
    with make_holdings(tmp_path / "a") as one, make_holdings(tmp_path / "b") as other:
        import_both(one, paths)
        take_in(one, executor, exhibit)
        take_in(other, executor, exhibit)
        import_both(other, paths)
        assert found_in(one) == found_in(other)
        near = {match[:4] for match in found_in(one) if match[1] == "near"}
    asked = {
        hashlib.sha256(encoded(image, "PNG")).hexdigest(): codes_of(image) for image in pictures.values()
    }
    listed = [bytes.fromhex(line) for line in paths[0].read_text().split()]
    expected = set()
    for sha256, turned in asked.items():
        for code in listed:
            distance = int(np.bitwise_count(turned ^ np.frombuffer(code, np.uint8)).sum(axis=1).min())
            if distance <= PDQ_RADIUS:
                expected.add((sha256, distance))
    assert {(match[0], match[3]) for match in near} == expected
    assert len(expected) > 10


def test_pictures_held_are_matched_as_a_plain_comparison_does(
    tmp_path: Path, executor: LocalExecutor, pictures: dict[str, Image.Image], holdings: Holdings
) -> None:
    take_in(holdings, executor, lay_out(tmp_path / "exhibit", pictures))
    codes = [codes_of(pictures[name]) for name in sorted(pictures)]
    digests = [hashlib.sha256(encoded(pictures[name], "PNG")).hexdigest() for name in sorted(pictures)]
    expected = {}
    for later in range(len(codes)):
        for earlier in range(later):
            distance = int(np.bitwise_count(codes[later] ^ codes[earlier][0]).sum(axis=1).min())
            if distance <= PDQ_RADIUS:
                expected[frozenset((digests[later], digests[earlier]))] = distance
    found = {
        frozenset((digest, near.sha256.hex())): near.agreement.distance
        for digest in digests
        for near in review.show(holdings, ACTOR, bytes.fromhex(digest)).near
    }
    assert found == expected
    stacked = review.stacks_of_case(holdings, ACTOR, "C1")
    for stack in stacked:
        for member in stack.members:
            pair = frozenset((member.media.sha256.hex(), stack.representative.media.sha256.hex()))
            assert expected[pair] == member.distance
    assert len(stacked) >= 6


@pytest.fixture
def held(holdings: Holdings, executor: LocalExecutor, tmp_path: Path) -> list[str]:
    """Three pictures taken in; their SHA-256."""
    images = {f"{seed}.png": picture(seed) for seed in range(3)}
    take_in(holdings, executor, lay_out(tmp_path / "held", images))
    return [hashlib.sha256(encoded(image, "PNG")).hexdigest() for image in images.values()]


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def edition(holdings: Holdings, path: Path) -> lists.ImportResult:
    return lists.import_list(holdings, ACTOR, path, name="known", role=Role.ALERT, format="plain")


def alerts(holdings: Holdings) -> int:
    return review.count_outcomes(holdings, ACTOR, "C1")[Outcome.ALERT_SAME]


def test_editions_add_change_withdraw_and_take_back(
    holdings: Holdings, held: list[str], tmp_path: Path
) -> None:
    first = edition(holdings, write(tmp_path / "1.txt", held[0], held[1], "ab" * 20))
    assert (first.edition.added, first.matched, alerts(holdings)) == (3, 2, 2)
    second = edition(holdings, write(tmp_path / "2.txt", held[0], held[2], "not a digest"))
    counts = second.edition
    assert (counts.added, counts.withdrawn, counts.unchanged, counts.broken) == (1, 2, 1, 1)
    assert (second.matched, second.recalled, alerts(holdings)) == (1, 1, 2)
    (broken,) = lists.broken_of(holdings, ACTOR, second.list, counts.ordinal)
    assert broken.position == 3
    third = edition(holdings, write(tmp_path / "3.txt", held[0], held[1]))
    assert (third.edition.changed, third.edition.withdrawn) == (1, 1)  # one stands again
    assert (third.matched, third.recalled, alerts(holdings)) == (1, 1, 2)
    again = edition(holdings, tmp_path / "3.txt")
    assert (again.imported, again.edition.ordinal) == (False, 3)
    kinds = [notice.kind for notice in notices_of_case(holdings, ACTOR, "C1")]
    assert sorted(kinds) == ["list-match-recalled"] * 2 + ["list-matches-held"] * 3


def test_a_changed_entry_is_matched_anew(holdings: Holdings, held: list[str], tmp_path: Path) -> None:
    header = "id,sha256,category"
    write(tmp_path / "a.csv", header, f"e1,{held[0]},1", f"e2,{held[1]},1")
    write(tmp_path / "b.csv", header, f"e1,{held[0]},2", f"e2,{held[2]},1")
    lists.import_list(holdings, ACTOR, tmp_path / "a.csv", name="known", role=Role.ALERT)
    result = lists.import_list(holdings, ACTOR, tmp_path / "b.csv", name="known", role=Role.ALERT)
    assert (result.edition.changed, result.matched, result.recalled) == (2, 1, 1)
    found = {
        one.media.sha256.hex(): [(match.entry, match.category) for match in one.matches]
        for one in review.matches_of_case(holdings, ACTOR, "C1")
    }
    assert found == {held[0]: [("e1", "2")], held[2]: [("e2", "1")]}
    detail = review.show(holdings, ACTOR, bytes.fromhex(held[1]))
    assert [match.recalled for match in detail.matches] == [True]


def test_the_strongest_digest_decides(holdings: Holdings, held: list[str], tmp_path: Path) -> None:
    """A record whose SHA-256 is another's does not match by its MD5, which can be forged."""
    content = encoded(picture(0), "PNG")
    md5, sha1 = hashlib.md5(content).hexdigest(), hashlib.sha1(content).hexdigest()
    path = write(
        tmp_path / "a.csv",
        "id,md5,sha1,sha256,size",
        f"forged,{md5},{sha1},{'ab' * 32},",
        f"by-sha1,{md5},{sha1},,",
        f"by-md5-and-size,{md5},,,{len(content)}",
        f"by-md5-of-another-size,{md5},,,{len(content) + 1}",
        f"by-md5,{md5},,,",
    )
    lists.import_list(holdings, ACTOR, path, name="known", role=Role.ALERT)
    (found,) = review.matches_of_case(holdings, ACTOR, "C1")
    assert {(match.entry, match.agreement.basis.value) for match in found.matches} == {
        ("by-sha1", "sha1"),
        ("by-md5-and-size", "md5+size"),
        ("by-md5", "md5"),
    }


def test_known_good_by_md5_alone_is_not_enough(holdings: Holdings, held: list[str], tmp_path: Path) -> None:
    content = encoded(picture(0), "PNG")
    path = write(tmp_path / "good.txt", hashlib.md5(content).hexdigest())
    lists.import_list(holdings, ACTOR, path, name="good", role=Role.KNOWN_GOOD, format="plain")
    assert review.count_outcomes(holdings, ACTOR, "C1")[Outcome.KNOWN_GOOD] == 0


@pytest.mark.parametrize("content", [b"", b"neither a list\nnor anything\n", b"\x00\xff" * 500])
def test_a_file_that_is_no_list_changes_nothing(holdings: Holdings, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises((FormatError, UsageError)):
        lists.import_list(holdings, ACTOR, path, name="x", role=Role.ALERT)
    assert lists.all_lists(holdings, ACTOR) == []


def test_a_list_that_is_cut_short_changes_nothing(
    holdings: Holdings, held: list[str], tmp_path: Path
) -> None:
    media = ",".join(
        f'{{"MediaID": {number}, "MD5": "{hashlib.md5(bytes([number])).hexdigest()}"}}'
        for number in range(50)
    )
    context = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"
    whole = f'{{"@odata.context": "{context}", "value": [{media}]}}'
    path = tmp_path / "vics.json"
    path.write_text(whole)
    lists.import_list(holdings, ACTOR, path, name="vics", role=Role.ALERT)
    path.write_text(whole[: len(whole) // 2])
    with pytest.raises(FormatError):
        lists.import_list(holdings, ACTOR, path, name="vics", role=Role.ALERT)
    (listed,) = lists.all_lists(holdings, ACTOR)
    assert (listed.entries, listed.editions) == (50, 1)


def test_a_name_keeps_its_role(holdings: Holdings, held: list[str], tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", held[0])
    edition(holdings, path)
    with pytest.raises(UsageError, match="has role 'alert', not 'negative'"):
        lists.import_list(holdings, ACTOR, path, name="known", role=Role.NEGATIVE, format="plain")
