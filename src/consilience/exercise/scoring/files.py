"""Files in and out, their outcomes and problems, and copies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

import msgspec

from consilience.exercise.scoring.card import Accounting, FileResult, Rate, WrongFile
from consilience.exercise.scoring.known import FileKey, Known
from consilience.exercise.truth import FileTruth
from consilience.model.locator import Locator
from consilience.model.outcomes import Outcome

Reported = Mapping[FileKey, FileResult]


class Judged(msgspec.Struct, frozen=True):
    """What is right and wrong of outcomes and problems."""

    outcomes: Rate
    wrong_outcomes: tuple[WrongFile, ...]
    misled: tuple[WrongFile, ...]
    problems: Rate
    wrong_problems: tuple[WrongFile, ...]


def account(known: Known, results: Iterable[FileResult]) -> tuple[Reported, Accounting]:
    """Hold counts in against counts out; gives the results of files that the truth lists.

    What lies in containers whose members are not listed is made known to `known`.
    """
    unlisted = defaultdict(list)
    for one in known.truth.files:
        if one.unlisted:
            unlisted[one.exhibit].append((bytes.fromhex(one.locator), one))
    reported: dict[FileKey, FileResult] = {}
    twice: list[WrongFile] = []
    unexplained: list[WrongFile] = []
    within = total = 0
    for result in results:
        total += 1
        key = (result.exhibit, result.locator)
        if key in known.files and key not in reported:
            reported[key] = result
        elif key in known.files:
            twice.append(_of_result(result, "one result", "another"))
        elif (outer := _around(result, unlisted[result.exhibit])) is not None:
            within += 1
            if result.sha256:
                known.meet(result.sha256.hex(), outer)
        else:
            unexplained.append(_of_result(result, "no such file in the truth", result.outcome))
    missing = tuple(
        _of_file(one, " or ".join(one.outcomes), "nothing")
        for key, one in known.files.items()
        if key not in reported and not one.fleeting
    )
    return reported, Accounting(len(known.files), total, missing, tuple(twice), tuple(unexplained), within)


def judge(known: Known, reported: Reported, misleading: Mapping[str, Set[Outcome]]) -> Judged:
    """Hold outcomes and problems against the truth.

    Args:
        known: the truth.
        reported: results of files in it.
        misleading: for contents with a false link, the outcomes that would follow from it.
    """
    wrong: list[WrongFile] = []
    misled: list[WrongFile] = []
    wrong_problems: list[WrongFile] = []
    right_problems = with_problems = 0
    for key, result in reported.items():
        one = known.files[key]
        if result.outcome not in one.outcomes:
            follows = result.outcome in misleading.get(one.sha256, ())
            (misled if follows else wrong).append(_of_file(one, " or ".join(one.outcomes), result.outcome))
        wanted = [*one.problems, *(["none"] if one.sound or not one.problems else [])]
        got = result.problem or "none"
        with_problems += bool(one.problems)
        if got not in wanted:
            wrong_problems.append(_of_file(one, " or ".join(wanted), got))
        elif one.problems:
            right_problems += 1
    right = len(reported) - len(wrong) - len(misled)
    return Judged(
        Rate.of(right, len(reported)),
        tuple(wrong),
        tuple(misled),
        Rate.of(right_problems, with_problems),
        tuple(wrong_problems),
    )


def copies(known: Known, reported: Reported) -> tuple[Rate, tuple[WrongFile, ...]]:
    """Of several files of the same bytes, one at most is new; gives the others that were called new."""
    total = 0
    called_new: list[WrongFile] = []
    for files in known.contents.values():
        if len(files) < 2 or files[0].what not in ("picture", "media"):
            continue
        here = [reported.get((one.exhibit, bytes.fromhex(one.locator))) for one in files]
        total += max(0, sum(result is not None for result in here) - 1)
        new = [
            one for one, result in zip(files, here, strict=True) if result and result.outcome is Outcome.NEW
        ]
        called_new += [_of_file(one, "seen-before", "new") for one in new[1:]]
    return Rate.of(total - len(called_new), total), tuple(called_new)


def _around(result: FileResult, unlisted: list[tuple[bytes, FileTruth]]) -> FileTruth | None:
    return next((outer for locator, outer in unlisted if result.locator.startswith(locator)), None)


def _of_file(one: FileTruth, expected: str, got: str) -> WrongFile:
    return WrongFile(one.exhibit, one.shown, one.what, expected, got)


def _of_result(result: FileResult, expected: str, got: str) -> WrongFile:
    try:
        shown = Locator.decode(result.locator).display()
    except ValueError:
        shown = result.locator.hex()
    return WrongFile(result.exhibit, shown, "", expected, got)
