"""What people are shown of a content: pictures made for it, never its bytes.

A picture is made from the original, in the sandbox, when it is first asked for, and kept sealed with the key
of its case; where the exhibit is not attached any more, what was kept is shown, or else the answer is
*offline*. Three looks: blurred and grey; grey; clear. The clear ones leave this process only on a deliberate
act. Each view is an event of its case.
"""

from __future__ import annotations

import io
import os
import queue
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import msgspec
from PIL import Image, ImageFilter
from sqlalchemy import Connection

from consilience.errors import ConsilienceError, NotFoundError
from consilience.evidence.contract import Found, Unreadable
from consilience.evidence.folder import FolderSource
from consilience.media.sandbox import Nursery, Worker, WorkerLost
from consilience.model.locator import Locator, printable_text
from consilience.model.people import Actor, Permission
from consilience.model.problems import Problem, ProblemCode
from consilience.services import derivation, exposure, keys
from consilience.services.access import scope_of, service
from consilience.services.derivation import NotShown, Shown, Wanted
from consilience.services.gallery import case_of
from consilience.services.gallery_items import is_viewable
from consilience.services.holdings import Holdings
from consilience.services.keyring import Keyring
from consilience.settings import GiB, Limits, MiB
from consilience.store import derived
from consilience.store.derived import Original
from consilience.store.events import Act
from consilience.store.exposure import VIEW

MEDIA_TYPE = "image/jpeg"
LIMITS = Limits(memory=3 * GiB, seconds=20.0, buffer=256 * MiB)
MOST_AT_ONCE = 100
"""Pictures of one answer."""

_SMALL, _LARGE = 256, derivation.SIDE
_BLURRED_SIDE = 20
"""Pixels of the longer side that are left of a blurred picture ..."""
_ENLARGED = 4
"""... and how many times larger, smooth, it is sent; the browser enlarges it further."""
_QUALITY = 80


class Look(StrEnum):
    """How much of a picture is shown."""

    BLURRED = "blurred"
    GREY = "grey"
    CLEAR = "clear"


class Size(StrEnum):
    """How large: the longer side has 256 or 1024 pixels at most."""

    SMALL = "small"
    LARGE = "large"


class Offline(ConsilienceError):  # noqa: N818 - a typed answer
    """The original cannot be read now, and no picture of it was kept."""


class NoPicture(ConsilienceError):  # noqa: N818 - a typed answer
    """The content is no picture, or none can be made of it."""


class Sheet(msgspec.Struct, frozen=True):
    """Pictures of one content: one; of a video its key frames, each with microseconds."""

    pictures: tuple[bytes, ...]
    times: tuple[int, ...]


class View(msgspec.Struct, frozen=True):
    """A picture that is shown, and the event by which it is on record."""

    jpeg: bytes
    times: tuple[int, ...]
    event: int


class Pictures:
    """Makes pictures and keeps them. Safe to use from several threads; close it.

    Args:
        holdings: whose contents.
        workers: sandboxed processes; one a processor by default.
    """

    def __init__(self, holdings: Holdings, workers: int | None = None) -> None:
        self._holdings = holdings
        self._workers: queue.SimpleQueue[Worker | None] = queue.SimpleQueue()
        for _ in range(workers or os.cpu_count() or 1):
            self._workers.put(None)
        self._nursery: Nursery | None = None
        self._starting = threading.Lock()
        # A nursery ends with the thread that started it, and those of requests come and go.
        self._lasting = ThreadPoolExecutor(1, "nursery")

    @cached_property
    def ring(self) -> Keyring:
        """The holdings' keys; asks for their passphrase where they are locked."""
        return keys.keyring(self._holdings)

    def kept(
        self, connection: Connection, case_id: int, media_ids: Collection[int], size: Size
    ) -> dict[int, Sheet]:
        """What was kept of contents for a case, of those of which anything was."""
        found = keys.get_all(connection, self.ring, case_id, media_ids, f"picture-{size}")
        return {one: msgspec.msgpack.decode(data, type=Sheet) for one, data in found.items()}

    def keep(self, connection: Connection, case_id: int, media_id: int, size: Size, sheet: Sheet) -> None:
        """Keep what was made."""
        data = msgspec.msgpack.encode(sheet)
        keys.put(connection, self.ring, case_id, media_id, f"picture-{size}", data)

    def make(self, original: Original, size: Size) -> Sheet:
        """Make the pictures of a content from its original.

        Raises:
            Offline: none of its places can be read, or all hold other bytes now.
            NoPicture: it cannot be decoded.
        """
        if not is_viewable(original.kind, original.width):
            raise NoPicture("there is no picture of this content")
        refused: Problem | None = None
        for root, encoded in original.places:
            locator = Locator.decode(encoded)
            try:
                descriptor = _opened(root, locator)
            except (ConsilienceError, Unreadable, OSError):
                continue
            side = _SMALL if size is Size.SMALL else _LARGE
            wanted = Wanted(locator.steps[1:], original.sha256, side, derivation.STILLS)
            try:
                said = self._ask(descriptor, wanted)
            finally:
                os.close(descriptor)
            if isinstance(said, Sheet):
                return said
            if said.code is not ProblemCode.CHANGED:
                refused = said
        if refused is not None:
            raise NoPicture(
                f"no picture can be made of it ({refused.code}: {printable_text(refused.detail)})"
            )
        raise Offline("the exhibit is not attached, or holds other bytes now", "Attach it where it was read.")

    def close(self) -> None:
        """End the workers."""
        if self._nursery is not None:
            self._nursery.close()
        self._lasting.shutdown()

    def _ask(self, descriptor: int, wanted: Wanted) -> Sheet | Problem:
        worker = self._workers.get()
        try:
            if worker is None:
                worker = self._started().worker()
            shown: list[Shown] = []
            for payload in worker.converse(descriptor, derivation.encode_wanted(wanted), _no_answer):
                said = derivation.decode_said(payload)
                if isinstance(said, NotShown):
                    return said.problem
                shown.append(said)
                if len(shown) > derivation.STILLS:
                    raise ValueError("more pictures than were asked for")
            if not shown:
                raise ValueError("no picture")
        except WorkerLost as lost:
            worker = None
            code = ProblemCode.LIMIT_TIME if lost.timed_out else ProblemCode.CRASHED
            return Problem(code, lost.cause)
        except (ValueError, msgspec.MsgspecError) as error:
            # What speaks there is no longer our code.
            if worker is not None:
                worker.close()
            worker = None
            return Problem(ProblemCode.CRASHED, f"the worker broke the protocol: {error}")
        finally:
            self._workers.put(worker)
        return Sheet(tuple(_jpeg(_image(one)) for one in shown), tuple(one.time for one in shown))

    def _started(self) -> Nursery:
        with self._starting:
            if self._nursery is None:
                starting = self._lasting.submit(Nursery, derivation.TASK, derivation.WARM_UP, LIMITS)
                self._nursery = starting.result()
            return self._nursery


@service(Permission.LOOK)
def view(
    holdings: Holdings,
    actor: Actor,
    pictures: Pictures,
    case: bytes,
    sha256: bytes,
    look: Look,
    size: Size = Size.SMALL,
    frame: int | None = None,
) -> View:
    """A picture of a content of a case, and the event that says that it was shown.

    Args:
        holdings: where.
        actor: who looks.
        pictures: who makes it.
        case: public id of the case.
        sha256: the content.
        look: how much is shown.
        size: how large.
        frame: of a video, one key frame; all of them on one sheet if None.

    Raises:
        NotFoundError: there is no such case, or no such content in it, or no such frame.
        Offline, NoPicture: see `Pictures.make`.
        EnoughSeen: a limit is reached.
    """
    case_id, original = _find(holdings, actor, case, sha256)
    if look is not Look.BLURRED:
        with holdings.database.read() as connection:
            exposure.require_room(connection, actor.name)
    sheet = _sheet(holdings, pictures, case_id, original, Size.SMALL if look is Look.BLURRED else size)
    if frame is not None:
        if frame >= len(sheet.pictures):
            raise NotFoundError(f"no frame {frame}")
        sheet = Sheet((sheet.pictures[frame],), (sheet.times[frame],))
    shown = _looked(sheet, look)
    ((_, act),) = _acts(actor, case_id, [original.media_id], look, size, frame)
    number = holdings.recorder.append(actor, act)
    return View(shown, sheet.times if original.kind == "video" else (), number)


@service(Permission.LOOK)
def blurred(
    holdings: Holdings, actor: Actor, pictures: Pictures, case: bytes, sha256: Sequence[bytes]
) -> dict[bytes, bytes | ConsilienceError]:
    """Blurred pictures of several contents of a case; of each it or why there is none.

    Raises:
        NotFoundError: there is no such case.
    """
    found: dict[bytes, bytes | ConsilienceError] = {}
    shown: list[int] = []
    wanted = list(dict.fromkeys(sha256[:MOST_AT_ONCE]))
    with holdings.database.read() as connection:
        case_id = case_of(connection, actor, case).id
        there = derived.contents_of(connection, scope_of(connection, actor), case_id, wanted)
        kept = pictures.kept(connection, case_id, there.values(), Size.SMALL)
    for digest in wanted:
        try:
            media_id = there.get(digest, 0)
            sheet = kept.get(media_id)
            if sheet is None:
                original = _original(holdings, actor, case_id, digest)
                media_id = original.media_id
                sheet = _sheet(holdings, pictures, case_id, original, Size.SMALL)
        except (NotFoundError, Offline, NoPicture) as error:
            found[digest] = error
            continue
        shown.append(media_id)
        found[digest] = _looked(sheet, Look.BLURRED)
    holdings.recorder.append_all(_acts(actor, case_id, shown, Look.BLURRED, Size.SMALL))
    return found


def _find(holdings: Holdings, actor: Actor, case: bytes, sha256: bytes) -> tuple[int, Original]:
    case_id = _case_id(holdings, actor, case)
    return case_id, _original(holdings, actor, case_id, sha256)


def _case_id(holdings: Holdings, actor: Actor, case: bytes) -> int:
    with holdings.database.read() as connection:
        return case_of(connection, actor, case).id


def _original(holdings: Holdings, actor: Actor, case_id: int, sha256: bytes) -> Original:
    with holdings.database.read() as connection:
        found = derived.original(connection, scope_of(connection, actor), case_id, sha256)
    if found is None:
        raise NotFoundError(f"no content {sha256.hex()} in the case")
    return found


def _sheet(holdings: Holdings, pictures: Pictures, case_id: int, original: Original, size: Size) -> Sheet:
    with holdings.database.read() as connection:
        kept = pictures.kept(connection, case_id, [original.media_id], size).get(original.media_id)
    if kept is not None:
        return kept
    made = pictures.make(original, size)
    with holdings.database.write() as connection:
        pictures.keep(connection, case_id, original.media_id, size, made)
    return made


def _acts(
    actor: Actor,
    case_id: int,
    shown: Sequence[int],
    look: Look,
    size: Size,
    frame: int | None = None,
) -> list[tuple[Actor, Act]]:
    one_of_many: dict[str, object] = {} if frame is None else {"frame": frame}
    kind = {Look.BLURRED: exposure.BLURRED, Look.GREY: exposure.GREY, Look.CLEAR: exposure.CLEAR}[look]
    return [
        (
            actor,
            Act(
                action=VIEW,
                object_kind=kind,
                case_id=case_id,
                detail={"media": one, "size": size.value} | one_of_many,
            ),
        )
        for one in shown
    ]


def _opened(root: bytes, locator: Locator) -> int:
    source = FolderSource(Path(os.fsdecode(root)))
    try:
        return source.open(Found(Locator(locator.steps[:1]), None, ()))
    finally:
        source.close()


def _no_answer(_: bytes) -> bytes:
    raise ValueError("this task asks nothing")


def _image(shown: Shown) -> Image.Image:
    return Image.frombytes("RGB", (shown.width, shown.height), shown.pixels)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, optimize=False)
    return out.getvalue()


def _looked(sheet: Sheet, look: Look) -> bytes:
    """One picture of a sheet, as it is to be shown. What is opened here was written by this program."""
    if look is Look.CLEAR and len(sheet.pictures) == 1:
        return sheet.pictures[0]
    images = [Image.open(io.BytesIO(one)) for one in sheet.pictures]
    if look is Look.BLURRED and len(images) == 1:
        # Read no finer than is needed: a gallery shows hundreds.
        images[0].draft("L", _few(images[0]))
    image = images[0] if len(images) == 1 else _contact_sheet(images)
    if look is not Look.CLEAR:
        image = image.convert("L")
    if look is Look.BLURRED:
        image = _blur(image)
    return _jpeg(image)


def _blur(image: Image.Image) -> Image.Image:
    """No more of a picture than where it is light and dark: what is lost cannot be brought back."""
    width, height = few = _few(image)
    coarse = image.resize(few, Image.Resampling.BOX)
    smooth = (_ENLARGED * width, _ENLARGED * height)
    return coarse.resize(smooth, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1.25))


def _few(image: Image.Image) -> tuple[int, int]:
    """The pixels that are left of an image when it is blurred."""
    width, height = image.size
    scale = _BLURRED_SIDE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _contact_sheet(images: Sequence[Image.Image]) -> Image.Image:
    """Key frames in rows of four, in the order of time."""
    across = 4 if len(images) > 4 else 2
    side = max(max(one.size) for one in images) // 2
    small = [one.convert("RGB") for one in images]
    for one in small:
        one.thumbnail((side, side))
    width, height = max(one.width for one in small), max(one.height for one in small)
    rows = -(-len(small) // across)
    sheet = Image.new("RGB", (across * width, rows * height))
    for place, one in enumerate(small):
        sheet.paste(one, (place % across * width, place // across * height))
    return sheet
