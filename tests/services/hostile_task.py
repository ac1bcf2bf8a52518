"""The examination, with a decoder that certain bytes bring down, as hostile ones may."""

from __future__ import annotations

import ctypes
import time

from consilience.media.pictures import Picture
from consilience.media.sandbox import Conversation
from consilience.services import examination
from consilience.settings import Limits

_decode = examination.decode


def _brought_down(data: bytes, media_type: str, limits: Limits) -> Picture:
    if data.endswith(b"CRASH"):
        ctypes.string_at(0)
    if data.endswith(b"HANG"):
        time.sleep(3600)
    return _decode(data, media_type, limits)


examination.decode = _brought_down


def examine(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    examination.examine(file, request, limits, conversation)
