"""What happens to one file inside the sandbox: digests, type, one decode, and the members of archives.

The worker says what it turns to before it does anything that hostile bytes could make its last act: a member
that it begins, an archive that it walks, a picture that it would decode (and asks whether to). An archive's
own report comes after those of its members: an archive on record is one that was walked to its end.
"""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Callable
from typing import BinaryIO, TypeVar

import msgspec
from msgspec.structs import replace

from consilience.evidence.archives import ArchiveProblem, Member, open_archive
from consilience.fingerprints import chromaprint, chromaprint_listening, vpdq
from consilience.fingerprints.contract import as_fingerprint
from consilience.fingerprints.first_look import FirstLook, first_look
from consilience.fingerprints.first_look import warm_up as warm_up_first_look
from consilience.fingerprints.pdq import Pdq
from consilience.media.digests import Digester
from consilience.media.footage import warm_up as warm_up_footage
from consilience.media.footage.animation import ANIMATED
from consilience.media.pictures import EXACT, Pixels, Undecodable, decode
from consilience.media.pictures.warm import warm_up as warm_up_decoders
from consilience.media.sandbox import Conversation
from consilience.media.sniff import HEAD, sniff
from consilience.media.sound import warm_up as warm_up_sound
from consilience.model.examination import (
    FAST,
    ORIENTATIONS,
    Digests,
    Examination,
    FileReport,
    Fingerprint,
    MediaKind,
)
from consilience.model.footage import Look, TimedFingerprint
from consilience.model.locator import NAME_LIMIT, Step
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp
from consilience.settings import Limits

TASK = "consilience.services.examination:examine"
WARM_UP = "consilience.services.examination:warm_up"

_Result = TypeVar("_Result")

_CHUNK = 1 << 20
_AT_ONCE = 32 << 20
"""Bytes of a plain file read at a time: most files are then held without being put together from pieces."""
_ALIVE_EVERY = 64 << 20
_PDQ = Pdq()
_CODE_BYTES = 32
_TIMED = {
    (vpdq.NAME, vpdq.VERSION): vpdq.CODE_BYTES,
    (chromaprint.NAME, chromaprint.VERSION): chromaprint_listening.CODE_BYTES,
}
"""Bytes of a code of each timed fingerprint that is made here."""

EXAMINED_KINDS = frozenset({MediaKind.PICTURE, MediaKind.VIDEO, MediaKind.AUDIO})
"""Kinds of which more is asked for than digests."""


class Begun(msgspec.Struct, frozen=True, tag=True):
    """The worker turns to a member of an archive. If it is lost now, that member is what it was lost on."""

    steps: tuple[Step, ...]


class Finished(msgspec.Struct, frozen=True, tag=True):
    """The worker is done with a file."""

    report: FileReport


class Known(msgspec.Struct, frozen=True, tag=True):
    """All that is known of a file before its picture is decoded or its members are walked.

    Of a picture, a video or a sound it is a question: is it to be decoded? Of an archive it needs no answer.
    """

    report: FileReport


class Request(msgspec.Struct, frozen=True):
    """What a worker is asked for.

    Attributes:
        start: the steps of the member after which to go on, where an earlier worker was lost on it.
        first_look: kinds of which a first look is enough, where one can be had; others are examined in full.
    """

    start: tuple[Step, ...] = ()
    first_look: frozenset[MediaKind] = frozenset()


Message = Begun | Known | Finished
WANTED, NOT_WANTED = b"y", b"n"

encode_message = encode_request = msgspec.msgpack.Encoder().encode
_decode_message = msgspec.msgpack.Decoder(Message).decode
_decode_request = msgspec.msgpack.Decoder(Request).decode


def decode_message(payload: bytes) -> Message:
    """What a worker said.

    Raises:
        msgspec.MsgspecError, ValueError: it is malformed, or nothing that this examination says.
    """
    message: Message = _decode_message(payload)
    if not isinstance(message, Begun):
        _check(message.report)
    return message


def _check(report: FileReport) -> None:
    """Hold a report to what the bounds of its fields do not say, and records rely on."""
    if report.digests is None and report.problem is None:
        raise ValueError("neither digests nor a problem")
    if report.examination is None:
        return
    fingerprints = report.examination.fingerprints
    for one in fingerprints:
        if (one.algorithm, one.version) != (_PDQ.name, _PDQ.version):
            raise ValueError("a fingerprint that is not made here")
        if (len(one.code), len(one.turned)) != (_CODE_BYTES, (len(ORIENTATIONS) - 1) * _CODE_BYTES):
            raise ValueError("a code of another length")
        if one.decode_path == FAST and not report.examination.first_look:
            raise ValueError("a code of another pass")
    if len({one.part for one in fingerprints}) < len(fingerprints):
        raise ValueError("two fingerprints of one part")
    timed = report.examination.timed
    for moving in timed:
        width = _TIMED.get((moving.algorithm, moving.version))
        if width is None or moving.codes().codes.shape[1] != width:
            raise ValueError("a timed fingerprint that is not made here")
        if moving.look is Look.FIRST and not report.examination.first_look:
            raise ValueError("a timed fingerprint of another pass")
    if len({(one.algorithm, one.part) for one in timed}) < len(timed):
        raise ValueError("two timed fingerprints of one part")


def warm_up() -> None:
    """Load every decoder and compile every kernel, before workers are forked and confined."""
    warm_up_decoders()
    warm_up_first_look()
    warm_up_footage()
    warm_up_sound()


def examine(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    """The sandbox's task: examine an open file.

    Args:
        file: the descriptor.
        request: a `Request`, encoded.
        limits: what it may use.
        conversation: the way out.
    """
    asked = _decode_request(request)
    _Examiner(limits, conversation, asked.first_look).whole_file(file, asked.start)


class _OverLimit(Exception):  # noqa: N818 - control flow: leaves every archive of a file at once
    """The archives of one file hold more than they may."""

    def __init__(self, code: ProblemCode, detail: str) -> None:
        self.problem = Problem(code, detail)
        super().__init__(detail)


class _Content(msgspec.Struct):
    """The bytes of one file, after their one reading."""

    size: int
    digests: Digests
    head: bytes
    data: bytes | None  # None where the file is larger than the buffer
    problem: (
        Problem | None
    )  # what an archive says of a member after its bytes: a wrong checksum, an early end


class _Examiner:
    def __init__(self, limits: Limits, conversation: Conversation, first_look: frozenset[MediaKind]) -> None:
        self._limits = limits
        self._first_look = first_look
        self._conversation = conversation
        self._expansion = limits.expansion
        self._expanded = 0
        self._members = 0

    def whole_file(self, descriptor: int, start: tuple[Step, ...]) -> None:
        before = os.fstat(descriptor)
        self._expansion = max(self._limits.expansion, self._limits.expansion_ratio * before.st_size)
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            try:
                # One byte more than there should be: shows that a file grows, and ends one without end.
                content = self._read(file, before.st_size + 1)
            except OSError as error:
                self._not_read((), (), Problem(ProblemCode.IO_ERROR, os.strerror(error.errno or 0)))
                return
            after = os.fstat(descriptor)
            if (content.size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                detail = f"{before.st_size} bytes at first, {content.size} read, {after.st_size} at last"
                self._not_read((), (), Problem(ProblemCode.CHANGED, detail))
                return
            # An archive too large for the buffer is walked in the file itself.
            with contextlib.suppress(_OverLimit):
                self._whole((), (), content, file if content.data is None else None, start)

    def _read(self, file: BinaryIO, most: int | None = None, *, expands: bool = False) -> _Content:
        """One pass over a file's bytes."""
        digester = Digester()
        kept: list[bytes] = []
        head = bytearray()
        fits = True
        problem = None
        at_once = _CHUNK if most is None else _AT_ONCE
        while True:
            try:
                piece = file.read(at_once if most is None else min(at_once, most - digester.size))
            except ArchiveProblem as error:
                problem = error.problem
                break
            except MemoryError:
                # A plain file has lost nothing by it; a stream that unpacks may have lost its place.
                if expands or (not kept and at_once == _CHUNK):
                    raise
                fits, at_once, piece = False, _CHUNK, b""
                kept.clear()
                continue
            if not piece:
                break
            digester.update(piece)
            head += piece[: max(0, HEAD - len(head))]
            fits = fits and digester.size <= self._limits.buffer
            if fits:
                kept.append(piece)
            else:
                kept.clear()
            if expands:
                self._count_expanded(len(piece))
            if digester.size // _ALIVE_EVERY != (digester.size - len(piece)) // _ALIVE_EVERY:
                self._conversation.alive()
        data = None
        with contextlib.suppress(MemoryError):
            data = b"".join(kept) if fits else None
        return _Content(digester.size, digester.digests(), bytes(head), data, problem)

    def _whole(
        self,
        steps: tuple[Step, ...],
        times: tuple[Timestamp, ...],
        content: _Content,
        file: BinaryIO | None,
        start: tuple[Step, ...],
    ) -> None:
        """Examine a file whose bytes were read, and finish it."""
        sniffed = sniff(content.head, content.size)
        report = FileReport(
            steps,
            content.size,
            content.digests,
            sniffed.media_type,
            sniffed.kind,
            times,
            None,
            content.problem,
        )
        if content.size == 0:
            report = replace(report, problem=Problem(ProblemCode.EMPTY))
        elif sniffed.kind is MediaKind.CONTAINER:
            try:
                if len(steps) >= self._limits.depth:
                    raise ArchiveProblem(Problem(ProblemCode.LIMIT_DEPTH, f"{len(steps)} archives deep"))
                self._tell(Known(report))
                self._archive(report, content, file, start)
            except ArchiveProblem as error:
                report = replace(report, problem=error.problem)
            except MemoryError:
                report = replace(report, problem=self._out_of_memory())
            except _OverLimit as limit:
                self._finish(replace(report, problem=limit.problem))
                raise
        elif sniffed.kind in EXAMINED_KINDS and self._wanted(report):
            look_at = self._picture if sniffed.kind is MediaKind.PICTURE else self._footage
            report = replace(report, examination=look_at(content, sniffed.media_type, file))
        self._finish(report)

    def _archive(
        self, report: FileReport, content: _Content, file: BinaryIO | None, start: tuple[Step, ...]
    ) -> None:
        if content.data is not None:
            file = io.BytesIO(content.data)
        if file is None:
            detail = f"{content.size} bytes, inside another archive"
            raise ArchiveProblem(Problem(ProblemCode.LIMIT_MEMORY, detail))
        # Where an earlier worker was lost in a member of a member, that member is entered again.
        first = 0 if not start else start[0].ordinal + (len(start) == 1)
        for member in open_archive(file, report.media_type, self._limits, first):
            self._members += 1
            if self._members > self._limits.members:
                detail = f"more than {self._limits.members} members"
                raise _OverLimit(ProblemCode.LIMIT_MEMBERS, detail)
            within = start[1:] if start and member.step.ordinal == start[0].ordinal else ()
            self._member(report.steps, member, within)

    def _member(self, above: tuple[Step, ...], member: Member, start: tuple[Step, ...]) -> None:
        step, problem = member.step, member.problem
        if len(step.name) > NAME_LIMIT:
            problem = Problem(ProblemCode.UNSUPPORTED, f"a name of {len(step.name)} bytes, cut")
            step = replace(step, name=step.name[:NAME_LIMIT])
        steps = (*above, step)
        self._tell(Begun(steps))
        if problem is None:
            try:
                with member.open() as stream:
                    content = self._read(stream, expands=True)
            except ArchiveProblem as error:
                problem = error.problem
            except MemoryError:
                problem = self._out_of_memory()
            except _OverLimit as limit:
                self._not_read(steps, member.times, limit.problem)
                raise
            else:
                problem = content.problem if content.size == 0 else None
        if problem is not None:
            self._not_read(steps, member.times, problem)
        else:
            self._whole(steps, member.times, content, None, start)

    def _picture(self, content: _Content, media_type: str, _: BinaryIO | None) -> Examination:
        begun = time.process_time()
        if content.data is None:
            problem = Problem(ProblemCode.LIMIT_MEMORY, f"{content.size} bytes")
            return Examination(problem=problem)
        try:
            if MediaKind.PICTURE in self._first_look and media_type == "image/jpeg":
                look = first_look(content.data, self._limits)
                if look is not None:
                    return _looked(look, begun)
            return self._decoded(content.data, media_type, begun)
        except Undecodable as error:
            problem = error.problem
        except MemoryError:
            problem = self._out_of_memory()
        return Examination(problem=problem, seconds=time.process_time() - begun)

    def _footage(self, content: _Content, media_type: str, file: BinaryIO | None) -> Examination:
        """Watch and hear a video or a sound. What is larger than the buffer is read from the file itself."""
        begun = time.process_time()
        if content.data is not None:
            file = io.BytesIO(content.data)
        if file is None:
            detail = f"{content.size} bytes, inside an archive"
            return Examination(problem=Problem(ProblemCode.LIMIT_MEMORY, detail))
        is_video = media_type.startswith("video/")
        look = Look.FIRST if is_video and MediaKind.VIDEO in self._first_look else Look.FULL
        asked = (file, media_type, look, self._limits, self._conversation.alive)
        watched, unwatchable = self._tried(lambda: vpdq.watch(*asked))
        heard, unhearable = self._tried(lambda: chromaprint_listening.hear(*asked))
        problems = (unwatchable, watched and watched.problem, unhearable, heard and heard.problem)
        return Examination(
            width=watched.width if watched else 0,
            height=watched.height if watched else 0,
            frames=watched.frames if watched else 0,
            fingerprints=watched.covers if watched else (),
            timed=(*(watched.timed if watched else ()), *(heard.timed if heard else ())),
            clues=(*(watched.clues if watched else ()), *(heard.clues if heard else ())),
            problem=next((one for one in problems if one), None),
            seconds=time.process_time() - begun,
            first_look=watched is not None and look is Look.FIRST,
        )

    def _tried(self, examine: Callable[[], _Result]) -> tuple[_Result | None, Problem | None]:
        """What a decoder gives, or why it gives nothing."""
        try:
            return examine(), None
        except Undecodable as error:
            return None, error.problem
        except MemoryError:
            return None, self._out_of_memory()

    def _decoded(self, data: bytes, media_type: str, begun: float) -> Examination:
        picture = decode(data, media_type, self._limits)
        fingerprints = [
            _fingerprint(picture.pixels, "picture", picture.decode_path, picture.decoder),
            *(
                _fingerprint(preview.pixels, f"preview:{preview.index}", EXACT, preview.decoder)
                for preview in picture.previews
            ),
        ]
        timed: tuple[TimedFingerprint, ...] = ()
        damage = picture.damage
        if picture.frames > 1 and media_type in ANIMATED:
            alive = self._conversation.alive
            timed, ended = vpdq.watch_animation(data, media_type, self._limits, alive)
            damage = damage or ended
        return Examination(
            width=picture.width,
            height=picture.height,
            frames=picture.frames,
            fingerprints=tuple(fingerprints),
            timed=timed,
            clues=picture.clues,
            problem=damage,
            seconds=time.process_time() - begun,
        )

    def _out_of_memory(self) -> Problem:
        return Problem(ProblemCode.LIMIT_MEMORY, f"more than {self._limits.memory} bytes of address space")

    def _count_expanded(self, size: int) -> None:
        self._expanded += size
        if self._expanded > self._expansion:
            detail = f"more than {self._expansion} bytes unpacked"
            raise _OverLimit(ProblemCode.LIMIT_EXPANSION, detail)

    def _wanted(self, report: FileReport) -> bool:
        return self._conversation.ask(encode_message(Known(report))) == WANTED

    def _not_read(self, steps: tuple[Step, ...], times: tuple[Timestamp, ...], problem: Problem) -> None:
        unknown = FileReport(steps, 0, None, "", MediaKind.OTHER, times=times, problem=problem)
        self._finish(unknown)

    def _finish(self, report: FileReport) -> None:
        self._tell(Finished(report))

    def _tell(self, message: Message) -> None:
        self._conversation.tell(encode_message(message))


def _looked(look: FirstLook, begun: float) -> Examination:
    code = as_fingerprint(_PDQ, look.codes, part="picture", decode_path=FAST, decoder=look.decoder)
    seconds = time.process_time() - begun
    return Examination(look.width, look.height, 1, (code,), seconds=seconds, first_look=True)


def _fingerprint(pixels: Pixels, part: str, decode_path: str, decoder: str) -> Fingerprint:
    codes = _PDQ.fingerprint(pixels)
    return as_fingerprint(_PDQ, codes, part=part, decode_path=decode_path, decoder=decoder)
