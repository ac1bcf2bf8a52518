"""Tasks in place of the examination: slow, hanging, defective, lying."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from consilience.media.sandbox import Conversation
from consilience.model.examination import Digests, Examination, FileReport, Fingerprint, MediaKind
from consilience.model.locator import Step, StepKind
from consilience.services.examination import WANTED, Begun, Finished, Known, Request, encode_message
from consilience.settings import Limits


def nothing() -> None:
    """Warm up nothing."""


def _report(file: int, *steps: Step) -> bytes:
    return encode_message(Finished(_read(file, MediaKind.OTHER, *steps)))


def _read(file: int, kind: MediaKind, *steps: Step) -> FileReport:
    size = os.fstat(file).st_size
    return FileReport(steps, size, _digests(size), "", kind)


def _digests(of: int) -> Digests:
    """Others for each size: a file's own, as far as these tasks go."""
    return Digests(of.to_bytes(16), of.to_bytes(20), of.to_bytes(32))


def slow_when_short(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    time.sleep(max(0, 0.05 - os.fstat(file).st_size / 500))
    conversation.tell(_report(file))


def hang_after_first(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    if os.fstat(file).st_size > 0:
        time.sleep(3600)
    conversation.tell(_report(file))


def defective(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    if os.fstat(file).st_size == 20:
        raise ValueError("ours")
    conversation.tell(_report(file))


def _archive(file: int, conversation: Conversation) -> FileReport:
    archive = _read(file, MediaKind.CONTAINER)
    conversation.tell(encode_message(Known(archive)))
    return archive


def crashing_members(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    start = msgspec.msgpack.decode(request, type=Request).start
    _archive(file, conversation)
    number = start[0].ordinal + 1 if start else 0
    conversation.tell(encode_message(Begun((Step(StepKind.MEMBER, b"", number),))))
    os._exit(3)


def many_members(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    archive = _archive(file, conversation)
    for number in range(5):
        steps = (Step(StepKind.MEMBER, b"", number),)
        conversation.tell(encode_message(Begun(steps)))
        conversation.tell(_report(file, *steps))
    conversation.tell(encode_message(Finished(archive)))


_MEMBER = Step(StepKind.MEMBER, b"never begun", 7)


def _short_code() -> Examination:
    return Examination(fingerprints=(Fingerprint("pdq", "1", "picture", b"abc", b"", 100, "exact", ""),))


def liar(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    """Say what nobody may, a different thing for each size of the file."""
    picture = _read(file, MediaKind.PICTURE)
    archive = _read(file, MediaKind.CONTAINER)
    foreign = replace(picture, digests=_digests(1000))
    examined = replace(picture, examination=Examination())

    def tell(*messages: object) -> None:
        for message in messages:
            conversation.tell(encode_message(message))

    def ask(report: FileReport) -> None:
        conversation.ask(encode_message(Known(report)))

    lies: list[Callable[[], object]] = [
        lambda: None,
        lambda: conversation.tell(b"not a message"),
        lambda: conversation.tell(_report(file, _MEMBER)),
        lambda: (ask(foreign), ask(picture), tell(Finished(examined))),
        lambda: (ask(picture), tell(Finished(replace(examined, digests=_digests(1000))))),
        lambda: (ask(picture), tell(Finished(picture))),
        lambda: tell(Finished(examined)),
        lambda: tell(Finished(picture)),
        lambda: ask(archive),
        lambda: tell(Known(picture)),
        lambda: ask(replace(picture, digests=None)),
        lambda: ask(replace(picture, steps=(_MEMBER,))),
        lambda: tell(Begun((_MEMBER,)), Finished(replace(archive, steps=(_MEMBER,)))),
        lambda: tell(Known(archive), Begun((_MEMBER, _MEMBER))),
        lambda: tell(Known(archive), Begun(())),
        lambda: tell(Known(archive), Begun((Step(StepKind.PATH, b"etc"),))),
        lambda: tell(Known(archive), Known(archive)),
        lambda: (ask(picture), tell(Begun((_MEMBER,)))),
        lambda: (ask(picture), tell(Finished(replace(picture, examination=_short_code())))),
        lambda: tell(Finished(replace(archive, digests=None))),
        lambda: tell(Known(archive), Begun((replace(_MEMBER, ordinal=1 << 40),))),
    ]
    lies[os.fstat(file).st_size % len(lies)]()


def claims_another(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    """The shortest file claims the content of the longest, then says no more of it."""
    size = os.fstat(file).st_size
    of = replace(_read(file, MediaKind.PICTURE), digests=_digests(39 if size == 0 else size))
    wanted = conversation.ask(encode_message(Known(of))) == WANTED
    if size != 0:
        of = replace(of, examination=Examination(width=size) if wanted else None)
        conversation.tell(encode_message(Finished(of)))


def lost_unwanted(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    """Ask about one content from every file; who is not to decode it is lost."""
    same = FileReport((), 5, _digests(5), "", MediaKind.PICTURE)
    if conversation.ask(encode_message(Known(same))) != WANTED:
        os._exit(3)
    conversation.tell(encode_message(Finished(replace(same, examination=Examination(width=5)))))
