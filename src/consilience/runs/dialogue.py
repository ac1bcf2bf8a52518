"""What a worker may say of one file, and in which order. Whoever says anything else is no longer our code."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from consilience.model.examination import Examination, FileReport, MediaKind
from consilience.model.locator import Step, StepKind
from consilience.model.problems import Problem
from consilience.services import examination
from consilience.services.examination import EXAMINED_KINDS, Begun, Finished, Known
from consilience.services.execution import FULL_PASS, Watcher
from consilience.settings import Limits


class ProtocolBroken(Exception):  # noqa: N818 - an event of the conversation
    """A worker said something malformed or out of turn."""


class Outcome(msgspec.Struct, frozen=True):
    """The report on a file or a member.

    Attributes:
        report: what is recorded.
        claimed: whether the content was this worker's to decode, so that the examination counts.
    """

    report: FileReport
    claimed: bool


class _UnderWay(msgspec.Struct):
    """A file that is begun and not finished."""

    report: FileReport
    known: bool = False
    claimed: bool = False


class Dialogue:
    """One request: from its first word to the report on the file that was handed in.

    Only who was told to decode a content may say what its examination gave; and every file that is begun gets
    its report, from the worker or from us.
    """

    def __init__(
        self, limits: Limits, watcher: Watcher, first_look: frozenset[MediaKind] = FULL_PASS
    ) -> None:
        self._limits = limits
        self._first_look = first_look
        self._watcher = watcher
        # Outermost first: the worker is lost on the last of it.
        self._under_way = [_UnderWay(unknown(()))]
        self._begun = 0

    @property
    def finished(self) -> bool:
        """Whether the file itself has its report."""
        return not self._under_way

    def asked(self, payload: bytes) -> bytes:
        """Answer whether a picture is to be decoded.

        Raises:
            ProtocolBroken: this is no question, or not one that is open.
        """
        message = self._decoded(payload)
        if not isinstance(message, Known) or message.report.kind not in EXAMINED_KINDS:
            raise ProtocolBroken("a question about what is not to be examined")
        here = self._know(message.report)
        here.claimed = self._watcher.wanted(message.report)
        return examination.WANTED if here.claimed else examination.NOT_WANTED

    def told(self, payload: bytes) -> Outcome | None:
        """Take in what needs no answer; gives the outcome of a file that is finished by it.

        Raises:
            ProtocolBroken: it is malformed or out of turn.
        """
        match self._decoded(payload):
            case Begun(steps):
                self._begin(steps)
            case Known(report):
                if report.kind is not MediaKind.CONTAINER:
                    raise ProtocolBroken("only of an archive it needs no answer")
                self._know(report)
            case Finished(report):
                return self._finish(report)
        return None

    def lost(self, problem: Problem) -> Outcome:
        """The outcome of what the worker was lost on: its bytes may have been read before."""
        here = self._under_way.pop()
        if here.claimed:
            # The content waits for it. One that was not claimed is left alone: the file has the problem.
            ended = Examination(problem=problem, first_look=here.report.kind in self._first_look)
            return Outcome(replace(here.report, examination=ended), claimed=True)
        return Outcome(replace(here.report, problem=problem), claimed=False)

    def _begin(self, steps: tuple[Step, ...]) -> None:
        here = self._here(steps[:-1])
        self._begun += 1
        if (
            not (here.known and here.report.kind is MediaKind.CONTAINER)
            or not 0 < len(steps) <= self._limits.depth
            or steps[-1].kind is not StepKind.MEMBER
            or self._begun > self._limits.members
        ):
            raise ProtocolBroken("a member of no archive that is open")
        self._under_way.append(_UnderWay(unknown(steps)))

    def _know(self, report: FileReport) -> _UnderWay:
        here = self._here(report.steps)
        if here.known or report.digests is None or report.examination is not None:
            raise ProtocolBroken("not what is known before the examination")
        here.report, here.known = report, True
        return here

    def _finish(self, report: FileReport) -> Outcome:
        here = self._here(report.steps)
        if here.known:
            before = replace(report, examination=None, problem=here.report.problem)
            in_turn = before == here.report and here.claimed == (report.examination is not None)
            if report.examination is not None and report.examination.first_look:
                in_turn = in_turn and report.kind in self._first_look
        else:
            asks = report.kind in EXAMINED_KINDS and report.digests is not None
            in_turn = not asks and report.examination is None
        if not in_turn:
            raise ProtocolBroken("a report that does not follow from what was said before")
        self._under_way.pop()
        return Outcome(report, here.claimed)

    def _here(self, steps: tuple[Step, ...]) -> _UnderWay:
        if not self._under_way or self._under_way[-1].report.steps != steps:
            raise ProtocolBroken("not the file that is under way")
        return self._under_way[-1]

    @staticmethod
    def _decoded(payload: bytes) -> examination.Message:
        try:
            return examination.decode_message(payload)
        except (msgspec.MsgspecError, ValueError) as error:  # ValueError: text that is not UTF-8, too
            raise ProtocolBroken("not a message") from error


def unknown(steps: tuple[Step, ...]) -> FileReport:
    """The report on a file of which nothing is known yet."""
    return FileReport(steps, 0, None, "", MediaKind.OTHER)
