"""Types that a fixed beginning cannot tell: containers of many uses, signatures too weak to stand alone.

Each function gets the first bytes of a content and the content's size, and says what it is, or None. None of
them raises for any bytes, and each looks at a bounded number of fields.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from consilience.media.signatures import BRANDS, RAW_MAKERS, WEAK_BRANDS, Content
from consilience.model.examination import MediaKind

Family = Callable[[bytes, int], Content | None]

_JPEG = Content("image/jpeg", MediaKind.PICTURE)
_TIFF = Content("image/tiff", MediaKind.PICTURE)
_MP3 = Content("audio/mpeg", MediaKind.AUDIO)
_AAC = Content("audio/aac", MediaKind.AUDIO)
_MP4 = Content("video/mp4", MediaKind.VIDEO)
_QUICKTIME = Content("video/quicktime", MediaKind.VIDEO)


def jpeg(head: bytes, size: int) -> Content | None:
    """JPEG (ITU-T T.81): start of image, and a marker that may follow it."""
    del size
    marker = head[3] if len(head) > 3 else 0
    # Tables, frames, comments, application segments; 0x01, 0xD0-0xD9 and scans cannot come first.
    return _JPEG if marker in _FIRST_JPEG_MARKERS else None


_FIRST_JPEG_MARKERS = frozenset([*range(0xC0, 0xD0), 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE, 0xFF])


def riff(head: bytes, size: int) -> Content | None:
    """RIFF and its 64-bit forms: WebP, AVI, WAVE."""
    del size
    return _RIFF_FORMS.get(head[8:12])


_RIFF_FORMS = {
    b"WEBP": Content("image/webp", MediaKind.PICTURE),
    b"AVI ": Content("video/x-msvideo", MediaKind.VIDEO),
    b"AVIX": Content("video/x-msvideo", MediaKind.VIDEO),
    b"WAVE": Content("audio/wav", MediaKind.AUDIO),
    b"ACON": Content("application/x-navi-animation", MediaKind.OTHER),
    b"RMID": Content("audio/midi", MediaKind.OTHER),
    b"CDXA": Content("video/mpeg", MediaKind.VIDEO),
    b"sfbk": Content("audio/x-soundfont", MediaKind.OTHER),
}


def iff(head: bytes, size: int) -> Content | None:
    """EA IFF 85: AIFF sound and ILBM pictures."""
    del size
    return _IFF_FORMS.get(head[8:12])


_IFF_FORMS = {
    b"AIFF": Content("audio/aiff", MediaKind.AUDIO),
    b"AIFC": Content("audio/aiff", MediaKind.AUDIO),
    b"ILBM": Content("image/x-ilbm", MediaKind.PICTURE),
    b"PBM ": Content("image/x-ilbm", MediaKind.PICTURE),
}


def file_type_box(head: bytes, size: int) -> Content | None:
    """ISO base media files (ISO/IEC 14496-12) by the brands of their first box."""
    del size
    (length,) = struct.unpack_from(">I", head)
    if not 8 <= length <= 4096:
        return None
    major = head[8:12]
    brands = [major, *(head[at : at + 4] for at in range(16, min(length, len(head)), 4))]
    for known in (BRANDS, WEAK_BRANDS):
        for brand in brands:
            if found := known.get(brand):
                return found
    return _MP4 if major.isascii() and major.strip(b"\0 ") else None


def quicktime_box(head: bytes, size: int) -> Content | None:
    """QuickTime files older than the ``ftyp`` box: a first box of a sensible size, and a known second one."""
    (length,) = struct.unpack_from(">I", head)
    if head[4:8] == b"moov":
        return _QUICKTIME if 16 <= length <= size and head[12:16] in _QUICKTIME_INNER else None
    if length in (0, 1):
        return _QUICKTIME if head[4:8] == b"mdat" else None
    if length < 8 or length + 8 > size:
        return None
    second = head[length + 4 : length + 8]
    return _QUICKTIME if second in _QUICKTIME_BOXES or (not second and head[4:8] == b"mdat") else None


_QUICKTIME_BOXES = frozenset([b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"PICT", b"ftyp"])
_QUICKTIME_INNER = frozenset([b"mvhd", b"cmov", b"rmra", b"trak", b"udta"])


def ebml(head: bytes, size: int) -> Content | None:
    """Matroska and WebM (RFC 8794, RFC 9559) by the document type in the EBML header."""
    del size
    start = head.find(b"\x42\x82", 4, 64)
    doctype = head[start + 3 : start + 11] if start >= 0 else b""
    if doctype.startswith(b"webm"):
        return Content("video/webm", MediaKind.VIDEO)
    if doctype.startswith(b"matroska"):
        return Content("video/x-matroska", MediaKind.VIDEO)
    return Content("application/x-ebml", MediaKind.OTHER)


def ogg(head: bytes, size: int) -> Content | None:
    """Ogg (RFC 3533): video where any first page belongs to a video codec."""
    del size
    if b"\x80theora" in head[:4096] or b"BBCD\x00" in head[:4096] or b"\x01video\x00" in head[:4096]:
        return Content("video/ogg", MediaKind.VIDEO)
    return Content("audio/opus" if head.startswith(b"OpusHead", 28) else "audio/ogg", MediaKind.AUDIO)


def asf(head: bytes, size: int) -> Content | None:
    """Windows media (Advanced Systems Format) by the kinds of the streams that its header declares."""
    del size
    if _ASF_VIDEO in head:
        return Content("video/x-ms-wmv", MediaKind.VIDEO)
    if _ASF_AUDIO in head:
        return Content("audio/x-ms-wma", MediaKind.AUDIO)
    return Content("video/x-ms-asf", MediaKind.VIDEO)


_ASF_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
_ASF_AUDIO = bytes.fromhex("409e69f84d5bcf11a8fd00805f5c442b")


def tiff(head: bytes, size: int) -> Content | None:
    """TIFF (TIFF 6.0, BigTIFF), and the raw files of cameras that are TIFF files inside.

    A raw file is told by the DNG version tag, by a magic beside the header, or by a maker's name together
    with a first directory that no ordinary TIFF has: a reduced picture, a colour-filter array, or a maker's
    own compression. A TIFF that the maker's software exported has the name alone.
    """
    order = "<" if head[:2] == b"II" else ">"
    if len(head) < 16:
        return None
    if head[2:4] in (b"+\x00", b"\x00+"):
        return _TIFF if struct.unpack_from(order + "H", head, 4)[0] == 8 else None
    (start,) = struct.unpack_from(order + "I", head, 4)
    if start < 8 or start > size:
        return None
    return _RAW_MAGICS.get(head[8:12]) or _raw_by_tags(head, order, start) or _TIFF


_RAW_MAGICS = {
    b"CR\x02\x00": Content("image/x-canon-cr2", MediaKind.PICTURE),
    b"IIII": Content("image/x-phaseone-iiq", MediaKind.PICTURE),
}


def _raw_by_tags(head: bytes, order: str, start: int) -> Content | None:
    tags = _tiff_tags(head, order, start)
    if _DNG_VERSION in tags:
        return Content("image/x-adobe-dng", MediaKind.PICTURE)
    if (
        tags.get(_SUBFILE, 0) & 1
        or tags.get(_PHOTOMETRIC) in (_CFA, _LINEAR_RAW)
        or tags.get(_COMPRESSION) in _RAW_COMPRESSIONS
    ):
        maker = head[tags[_MAKE] : tags[_MAKE] + 16].upper() if _MAKE in tags else b""
        for prefix, media_type in RAW_MAKERS:
            if maker.startswith(prefix):
                return Content(media_type, MediaKind.PICTURE)
    return None


_SUBFILE, _COMPRESSION, _PHOTOMETRIC, _MAKE, _DNG_VERSION = 0x00FE, 0x0103, 0x0106, 0x010F, 0xC612
_CFA, _LINEAR_RAW = 32803, 34892
_RAW_COMPRESSIONS = (32767, 32769, 32770, 34713, 65000, 65535)


def _tiff_tags(head: bytes, order: str, start: int) -> dict[int, int]:
    """Tag to value or offset, for a directory that lies wholly in the first bytes; else what does."""
    if start + 2 > len(head):
        return {}
    count = min(struct.unpack_from(order + "H", head, start)[0], 512)
    tags: dict[int, int] = {}
    for at in range(start + 2, min(start + 2 + 12 * count, len(head) - 11), 12):
        tag, kind = struct.unpack_from(order + "HH", head, at)
        (tags[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), head, at + 8)
    return tags


def bitmap(head: bytes, size: int) -> Content | None:
    """BMP: a header of a known length, one plane, a known depth, pixels inside the file."""
    if len(head) < 26:
        return None
    offset, header = struct.unpack_from("<II", head, 10)
    if header == 12:
        planes, depth = struct.unpack_from("<HH", head, 22)
    elif header in (16, 40, 52, 56, 64, 108, 124) and len(head) >= 30:
        planes, depth = struct.unpack_from("<HH", head, 26)
    else:
        return None
    if (
        planes != 1
        or depth not in (0, 1, 2, 4, 8, 16, 24, 32)
        or not 14 + header <= offset <= max(size, 4096)
    ):
        return None
    return Content("image/bmp", MediaKind.PICTURE)


def icon(head: bytes, size: int) -> Content | None:
    """Windows icons and cursors: every entry of a short directory points to a picture inside the file."""
    if len(head) < 22:
        return None
    kind, count = struct.unpack_from("<HH", head, 2)
    first = 6 + 16 * count
    if not 1 <= count <= 256:
        return None
    for at in range(6, min(first, len(head) - 15, 6 + 16 * 4), 16):
        length, offset = struct.unpack_from("<II", head, at + 8)
        if head[at + 3] not in (0, 255) or length < 12 or offset < first or offset + length > size:
            return None
        begin = head[offset : offset + 4]
        if begin not in (b"", b"\x89PNG", b"\x28\0\0\0", b"\x0c\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0"):
            return None
    return Content("image/vnd.microsoft.icon" if kind == 1 else "image/x-win-cursor", MediaKind.PICTURE)


def pcx(head: bytes, size: int) -> Content | None:
    """PCX: version, coding, depth, a window that is not turned inside out, planes."""
    del size
    if len(head) < 128:
        return None
    left, top, right, bottom = struct.unpack_from("<4H", head, 4)
    sound = head[1] in (0, 2, 3, 4, 5) and head[2] == 1 and head[3] in (1, 2, 4, 8)
    if not sound or head[64] != 0 or head[65] not in (1, 3, 4) or right < left or bottom < top:
        return None
    return Content("image/x-pcx", MediaKind.PICTURE)


def netpbm(head: bytes, size: int) -> Content | None:
    """PBM, PGM, PPM, PAM, PFM: the letter, white space, and a number."""
    del size
    fields = head[2:64].split(None, 2)
    if head[2:3] not in (b"\n", b" ", b"\t", b"\r") or len(fields) < 2:
        return None
    if not (fields[0].isdigit() and fields[1].isdigit()) and fields[0][:1] != b"#" and fields[0] != b"WIDTH":
        return None
    return Content("image/x-portable-anymap", MediaKind.PICTURE)


def sgi(head: bytes, size: int) -> Content | None:
    """SGI pictures: storage, bytes a channel, dimensions, channels."""
    del size
    if len(head) < 12 or head[2] > 1 or head[3] not in (1, 2):
        return None
    dimensions, _, _, channels = struct.unpack_from(">4H", head, 4)
    return Content("image/x-sgi", MediaKind.PICTURE) if 1 <= dimensions <= 3 and 1 <= channels <= 4 else None


def jxl_codestream(head: bytes, size: int) -> Content | None:
    """A bare JPEG XL codestream, whose two bytes of signature are as good as none."""
    del size
    # The size header follows; one that asks for more than 2^18 a side, or text, is something else.
    body = head[2:64]
    return Content("image/jxl", MediaKind.PICTURE) if len(body) > 16 and not body.isascii() else None


def mpeg_program_stream(head: bytes, size: int) -> Content | None:
    """An MPEG program stream: pack header of MPEG-1 (0010) or MPEG-2 (01) with its marker bit."""
    del size
    if len(head) < 5 or (head[4] & 0xF1 != 0x21 and head[4] & 0xC4 != 0x44):
        return None
    return Content("video/mpeg", MediaKind.VIDEO)


def transport_stream(head: bytes, size: int) -> Content | None:
    """An MPEG transport stream: a sync byte every 188 bytes (192 with time stamps)."""
    for first, stride in ((0, 188), (4, 192)):
        packets = min(size // stride, 8)
        if packets >= 4 and all(
            head[at : at + 1] == b"G" for at in range(first, first + packets * stride, stride)
        ):
            return Content("video/mp2t", MediaKind.VIDEO)
    return None


_MP3_RATES = {  # version bits, layer bits: kbit/s by index
    (3, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_SAMPLING = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3_frame(head: bytes, at: int) -> int:
    """Length of the MPEG audio frame (ISO/IEC 11172-3, 13818-3) at an offset, or 0."""
    if at + 4 > len(head) or head[at] != 0xFF or head[at + 1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[at + 1] >> 3 & 3, head[at + 1] >> 1 & 3
    rate, sampling, padding = head[at + 2] >> 4, head[at + 2] >> 2 & 3, head[at + 2] >> 1 & 1
    if version == 1 or layer == 0 or rate in (0, 15) or sampling == 3:
        return 0
    kilobits, hertz = _MP3_RATES[3 if version == 3 else 2, layer][rate], _MP3_SAMPLING[version][sampling]
    if layer == 3:
        return (12_000 * kilobits // hertz + padding) * 4
    samples = 72_000 if layer == 1 and version != 3 else 144_000
    return samples * kilobits // hertz + padding


def _adts_frame(head: bytes, at: int) -> int:
    """Length of the ADTS frame (ISO/IEC 13818-7) at an offset, or 0."""
    if at + 7 > len(head) or head[at] != 0xFF or head[at + 1] & 0xF6 != 0xF0 or head[at + 2] >> 2 & 15 > 12:
        return 0
    length = (head[at + 3] & 3) << 11 | head[at + 4] << 3 | head[at + 5] >> 5
    return length if length > 7 else 0


def mpeg_audio(head: bytes, size: int) -> Content | None:
    """MP1-3 and AAC without a container: three frames in a row, or as many as the content has room for."""
    return _frames(head, size, 0)


def _frames(head: bytes, size: int, start: int) -> Content | None:
    for frame, content in ((_mp3_frame, _MP3), (_adts_frame, _AAC)):
        at, count = start, 0
        while count < 3 and at < len(head) and (length := frame(head, at)):
            at, count = at + length, count + 1
        if count == 3 or (count == 2 and at == size):
            return content
    return None


def id3(head: bytes, size: int) -> Content | None:
    """An ID3v2 tag, and what follows it where that can be seen."""
    if len(head) < 10 or head[3] not in (2, 3, 4) or max(head[6:10]) > 127:
        return None
    after = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    if head.startswith(b"fLaC", after):
        return Content("audio/flac", MediaKind.AUDIO)
    return _frames(head, size, after) or _MP3


def gzip(head: bytes, size: int) -> Content | None:
    """Gzip (RFC 1952): deflate, no reserved flag."""
    del size
    return Content("application/gzip", MediaKind.CONTAINER) if len(head) > 9 and head[3] < 0x20 else None


def bzip2(head: bytes, size: int) -> Content | None:
    """Bzip2: a block size, and the number that begins a block or ends a stream."""
    del size
    if head[3:4] in b"123456789" and head[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"):
        return Content("application/x-bzip2", MediaKind.CONTAINER)
    return None


def lzma_alone(head: bytes, size: int) -> Content | None:
    """The old LZMA format: a dictionary of a usual size, and a size that is unknown or believable."""
    if len(head) < 13:
        return None
    dictionary, expanded = struct.unpack_from("<IQ", head, 1)
    usual = dictionary >= 4096 and dictionary & (dictionary - 1) in (0, dictionary >> 1)
    sound = usual and (expanded == 2**64 - 1 or 0 < expanded < max(size, 1) * 10_000)
    return Content("application/x-lzma", MediaKind.CONTAINER) if sound else None


def compress(head: bytes, size: int) -> Content | None:
    """Unix compress: 9 to 16 bits, no reserved flag."""
    del size
    if len(head) > 3 and head[2] & 0x60 == 0 and 9 <= head[2] & 0x1F <= 16:
        return Content("application/x-compress", MediaKind.CONTAINER)
    return None


def tar(head: bytes, size: int) -> Content | None:
    """Tar (POSIX.1-1988 and the older form): a first header whose checksum agrees."""
    del size
    if len(head) < 512 or head[0] == 0:
        return None
    stated = head[148:156].strip(b" \0")
    try:
        wanted = int(stated, 8)
    except ValueError:
        return None
    unsigned = sum(head[:148]) + 256 + sum(head[156:512])
    if wanted == unsigned:
        return Content("application/x-tar", MediaKind.CONTAINER)
    # Old writers summed signed bytes.
    signed = unsigned - 256 * sum(byte > 127 for byte in head[:148] + head[156:512])
    return Content("application/x-tar", MediaKind.CONTAINER) if wanted == signed else None


def portable_executable(head: bytes, size: int) -> Content | None:
    """DOS and Windows programs."""
    del size
    if len(head) < 64:
        return None
    (at,) = struct.unpack_from("<I", head, 60)
    if head.startswith(b"PE\0\0", at):
        return Content("application/vnd.microsoft.portable-executable", MediaKind.OTHER)
    (pages,) = struct.unpack_from("<H", head, 4)
    return Content("application/x-dosexec", MediaKind.OTHER) if pages else None


def java_or_mach(head: bytes, size: int) -> Content | None:
    """Java classes and universal Mach-O begin alike; a class's version is above any count of machines."""
    del size
    if len(head) < 8:
        return None
    mach = struct.unpack_from(">I", head, 4)[0] < 40
    return Content("application/x-mach-binary" if mach else "application/java-vm", MediaKind.OTHER)


def true_type(head: bytes, size: int) -> Content | None:
    """TrueType fonts: a count of tables, and the search range that follows from it."""
    del size
    if len(head) < 12:
        return None
    tables, search_range = struct.unpack_from(">HH", head, 4)
    sound = 1 <= tables <= 256 and search_range == 16 << (tables.bit_length() - 1)
    return Content("font/ttf", MediaKind.OTHER) if sound else None


def python_bytecode(head: bytes, size: int) -> Content | None:
    """Compiled Python: CR LF after two bytes of version; a code object after a header of 8 to 16 bytes."""
    del size
    if not any(head[at : at + 5] in (b"c\0\0\0\0", b"\xe3\0\0\0\0") for at in (8, 12, 16)):
        return None
    return Content("application/x-python-bytecode", MediaKind.OTHER)


# (offset, bytes, who examines): a family that says None leaves the content to the others.
FAMILIES: tuple[tuple[int, bytes, Family], ...] = (
    (0, b"\xff\xd8\xff", jpeg),
    (0, b"RIFF", riff),
    (0, b"RIFX", riff),
    (0, b"RF64", riff),
    (0, b"FORM", iff),
    (4, b"ftyp", file_type_box),
    (4, b"moov", quicktime_box),
    (4, b"mdat", quicktime_box),
    (4, b"wide", quicktime_box),
    (4, b"free", quicktime_box),
    (4, b"skip", quicktime_box),
    (4, b"pnot", quicktime_box),
    (0, b"\x1aE\xdf\xa3", ebml),
    (0, b"OggS\x00", ogg),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", asf),
    (0, b"II*\x00", tiff),
    (0, b"MM\x00*", tiff),
    (0, b"II+\x00", tiff),
    (0, b"MM\x00+", tiff),
    (0, b"BM", bitmap),
    (0, b"\x00\x00\x01\x00", icon),
    (0, b"\x00\x00\x02\x00", icon),
    (0, b"\x0a", pcx),
    *((0, b"P" + letter, netpbm) for letter in (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"F", b"f")),
    (0, b"\x01\xda", sgi),
    (0, b"\xff\x0a", jxl_codestream),
    (0, b"\x00\x00\x01\xba", mpeg_program_stream),
    (0, b"G", transport_stream),
    (4, b"G", transport_stream),
    (0, b"ID3", id3),
    (0, b"\xff", mpeg_audio),
    (0, b"\x1f\x8b\x08", gzip),
    (0, b"BZh", bzip2),
    (0, b"\x1f\x9d", compress),
    (0, b"\x5d\x00\x00", lzma_alone),
    (257, b"ustar", tar),
    (0, b"MZ", portable_executable),
    (0, b"\xca\xfe\xba\xbe", java_or_mach),
    (0, b"\x00\x01\x00\x00", true_type),
    (0, b"true", true_type),
    (2, b"\r\n", python_bytecode),
)
