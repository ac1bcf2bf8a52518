"""The examination, with a decoder that certain bytes bring down, as hostile ones may."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from typing import BinaryIO

from consilience.fingerprints import vpdq
from consilience.media.pictures import Picture
from consilience.media.sandbox import Conversation
from consilience.model.footage import Look
from consilience.services import examination
from consilience.settings import Limits

_decode = examination.decode
_watch = examination.vpdq.watch


def _brought_down(data: bytes, media_type: str, limits: Limits) -> Picture:
    if data.endswith(b"CRASH"):
        ctypes.string_at(0)
    if data.endswith(b"HANG"):
        time.sleep(3600)
    return _decode(data, media_type, limits)


def _watch_brought_down(
    file: BinaryIO, media_type: str, look: Look, limits: Limits, alive: Callable[[], None]
) -> vpdq.Watched:
    file.seek(-5, 2)
    if file.read() == b"CRASH":
        ctypes.string_at(0)
    return _watch(file, media_type, look, limits, alive)


examination.decode = _brought_down
examination.vpdq.watch = _watch_brought_down


def examine(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    examination.examine(file, request, limits, conversation)
