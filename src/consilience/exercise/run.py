"""Take an exercise through the main job: its lists, edition by edition, and its exhibits."""

from __future__ import annotations

from pathlib import Path

import msgspec

from consilience.errors import FormatError
from consilience.evidence.folder import FolderSource
from consilience.exercise.truth import Truth
from consilience.model.people import Actor
from consilience.services.cases import all_cases, new_case
from consilience.services.execution import Executor
from consilience.services.full_pass import FullPassResult, full_pass
from consilience.services.holdings import Holdings
from consilience.services.ingest import IngestResult, ingest
from consilience.services.lists import ImportResult, import_list
from consilience.services.progress import Progress, unseen


class Ran(msgspec.Struct, frozen=True):
    """What was done.

    Attributes:
        imported: editions taken, in order.
        refused: files that are no lists, by name, with what was said of them.
        ingested: exhibits, in order.
        passed: the full pass over each exhibit.
    """

    imported: tuple[ImportResult, ...]
    refused: dict[str, str]
    ingested: tuple[IngestResult, ...]
    passed: tuple[FullPassResult, ...] = ()


def run_exercise(
    folder: Path,
    truth: Truth,
    holdings: Holdings,
    actor: Actor,
    executor: Executor,
    progress: Progress = unseen,
    *,
    full: bool = True,
) -> Ran:
    """Open the cases, import each list's first edition, take in every exhibit, import the later editions.

    At last, if `full`, what had a first look is examined in full.

    So both ways of matching are used: new content against lists, and new editions against what is held.
    Run again after a kill, it goes on where it stopped.
    """
    head = truth.head
    there = {case.number for case in all_cases(holdings, actor)}
    for case in head.cases:
        if case.number not in there:
            new_case(
                holdings, actor, number=case.number, title=case.title, agency=case.agency, legal_basis=""
            )
    imported: list[ImportResult] = []
    refused: dict[str, str] = {}

    def take_lists(*, later: bool) -> None:
        for listed in head.lists:
            for edition in listed.editions:
                if (edition.number > 1) != later:
                    continue
                try:
                    imported.append(
                        import_list(
                            holdings,
                            actor,
                            folder / edition.file,
                            name=listed.name,
                            role=listed.role,
                            scheme=listed.scheme,
                            origin=listed.provider,
                            format=listed.format,
                            progress=progress,
                        )
                    )
                except FormatError as error:
                    refused[edition.file] = str(error)

    take_lists(later=False)
    ingested = []
    for exhibit in head.exhibits:
        source = FolderSource(folder / "exhibits" / exhibit.number)
        try:
            ingested.append(
                ingest(
                    holdings,
                    actor,
                    source,
                    executor,
                    case=exhibit.case,
                    exhibit=exhibit.number,
                    description=exhibit.description,
                    progress=progress,
                )
            )
        finally:
            source.close()
    take_lists(later=True)
    passed = []
    for exhibit in head.exhibits if full else ():
        source = FolderSource(folder / "exhibits" / exhibit.number)
        try:
            passed.append(
                full_pass(
                    holdings,
                    actor,
                    source,
                    executor,
                    case=exhibit.case,
                    exhibit=exhibit.number,
                    progress=progress,
                )
            )
        finally:
            source.close()
    return Ran(tuple(imported), refused, tuple(ingested), tuple(passed))
