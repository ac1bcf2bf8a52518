"""Tasks in place of the examination: slow, hanging, defective, lying."""

from __future__ import annotations

import os
import time

from consilience.media.sandbox import Conversation
from consilience.model.examination import FileReport, MediaKind
from consilience.model.locator import Step, StepKind
from consilience.services.examination import Finished, encode_message
from consilience.settings import Limits


def nothing() -> None:
    """Warm up nothing."""


def _report(file: int, *steps: Step) -> bytes:
    size = os.fstat(file).st_size
    return encode_message(Finished(FileReport(steps, size, None, "text/plain", MediaKind.OTHER)))


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


def liar(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    if os.fstat(file).st_size % 2:
        conversation.tell(b"not a message")
    else:
        conversation.tell(_report(file, Step(StepKind.MEMBER, b"never begun", 7)))
    conversation.tell(_report(file))
