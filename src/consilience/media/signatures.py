"""What files of each type begin with. Data only; `consilience.media.sniff` reads it.

Sources: the formats' own specifications (ISO/IEC 14496-12, TIFF 6.0, RFC 1952, RFC 8794, APPNOTE.TXT and so
on), each checked against real files. A signature too weak to stand alone is not here but in
`consilience.media.families`, where more fields are verified.
"""

from __future__ import annotations

from typing import NamedTuple

from consilience.model.examination import MediaKind


class Content(NamedTuple):
    """What a content is, by its bytes.

    Attributes:
        media_type: such as ``image/jpeg``; ``application/octet-stream`` where unknown.
        kind: what kind of thing.
    """

    media_type: str
    kind: MediaKind


UNKNOWN = Content("application/octet-stream", MediaKind.OTHER)
EMPTY = Content("application/x-empty", MediaKind.OTHER)

# (offset, bytes, media type), by kind.
PICTURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51\x00", "image/x-jp2-codestream"),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"8BPS\x00\x01\x00\x00\x00\x00\x00\x00", "image/vnd.adobe.photoshop"),
    (0, b"8BPS\x00\x02\x00\x00\x00\x00\x00\x00", "image/vnd.adobe.photoshop"),
    (0, b"FUJIFILMCCD-RAW ", "image/x-fuji-raf"),
    (0, b"IIRO\x08\x00\x00\x00", "image/x-olympus-orf"),
    (0, b"IIRS\x08\x00\x00\x00", "image/x-olympus-orf"),
    (0, b"MMOR\x00\x00\x00\x08", "image/x-olympus-orf"),
    (0, b"IIU\x00", "image/x-panasonic-rw2"),
    (0, b"\x00MRM", "image/x-minolta-mrw"),
    (0, b"FOVb", "image/x-sigma-x3f"),
    (0, b"II\x1a\x00\x00\x00HEAPCCDR", "image/x-canon-crw"),
    (0, b"II\xbc\x01", "image/jxr"),
    (0, b"gimp xcf ", "image/x-xcf"),
    (0, b"qoif", "image/qoi"),
    (0, b"DDS |\x00\x00\x00", "image/vnd.ms-dds"),
    (0, b"v/1\x01", "image/x-exr"),
    (0, b"#?RADIANCE\n", "image/vnd.radiance"),
    (0, b"BPG\xfb", "image/bpg"),
    (0, b"\x8bJNG\r\n\x1a\n", "image/x-jng"),
    (0, b"icns\x00", "image/icns"),
    (0, b"\x59\xa6\x6a\x95", "image/x-sun-raster"),
    (0, b"AT&TFORM", "image/vnd.djvu"),
    (0, b"/* XPM */", "image/x-xpixmap"),
    (0, b"SIMPLE  =                    T", "image/fits"),
    (0, b"\x01\x00\x00\x00\x58\x00\x00\x00", "image/emf"),
    (0, b"\xd7\xcd\xc6\x9a\x00\x00", "image/wmf"),
    (128, b"DICM", "application/dicom"),
)

VIDEOS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x8aMNG\r\n\x1a\n", "video/x-mng"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b".RMF\x00\x00\x00", "application/vnd.rn-realmedia"),
    (0, b"\x00\x00\x01\xb3", "video/mpeg"),
    (0, b"\x1f\x07\x00\x3f", "video/dv"),
    (0, b"\x1f\x07\x00\xbf", "video/dv"),
    (0, b"\xb7\xd8\x00\x20\x37\x49\xda\x11", "video/x-ms-wtv"),
    (0, b"DKIF\x00\x00\x20\x00", "video/x-ivf"),
    (0, b"nut/multimedia container\x00", "video/x-nut"),
)

AUDIO: tuple[tuple[int, bytes, str], ...] = (
    (0, b"fLaC\x00\x00\x00\x22", "audio/flac"),
    (0, b"fLaC\x80\x00\x00\x22", "audio/flac"),
    (0, b"#!AMR\n", "audio/amr"),
    (0, b"#!AMR-WB\n", "audio/amr-wb"),
    (0, b"#!AMR_MC1.0\n", "audio/amr"),
    (0, b"#!SILK_V3", "audio/silk"),
    (0, b"\x02#!SILK_V3", "audio/silk"),
    (0, b"caff\x00\x01", "audio/x-caf"),
    (0, b".snd\x00\x00\x00", "audio/basic"),
    (0, b"MAC ", "audio/x-ape"),
    (0, b"wvpk", "audio/x-wavpack"),
    (0, b"MPCK", "audio/x-musepack"),
    (0, b"MP+\x07", "audio/x-musepack"),
    (0, b"TTA1", "audio/x-tta"),
    (0, b"DSD \x1c\x00\x00\x00", "audio/x-dsf"),
    (0, b"FRM8", "audio/x-dff"),
    (0, b"ADIF", "audio/aac"),
    (0, b"Creative Voice File\x1a", "audio/x-voc"),
)

CONTAINERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"PK\x07\x08PK\x03\x04", "application/zip"),
    (0, b"PK00PK\x03\x04", "application/zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"Rar!\x1a\x07\x00", "application/vnd.rar"),
    (0, b"Rar!\x1a\x07\x01\x00", "application/vnd.rar"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"\x04\x22\x4d\x18", "application/x-lz4"),
    (0, b"LZIP\x01", "application/x-lzip"),
    (0, b"\x89LZO\x00\r\n\x1a\n", "application/x-lzop"),
    (0, b"!<arch>\ndebian-binary", "application/vnd.debian.binary-package"),
    (0, b"!<arch>\n", "application/x-archive"),
    (0, b"\xed\xab\xee\xdb\x03", "application/x-rpm"),
    (0, b"070701", "application/x-cpio"),
    (0, b"070702", "application/x-cpio"),
    (0, b"070707", "application/x-cpio"),
    (0, b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (0, b"xar!\x00\x1c", "application/x-xar"),
    (0, b"hsqs", "application/x-squashfs"),
    (0, b"**ACE**", "application/x-ace"),
    (7, b"**ACE**", "application/x-ace"),
    (2, b"-lh5-", "application/x-lha"),
    (2, b"-lh0-", "application/x-lha"),
    (0, b"EVF\x09\x0d\x0a\xff\x00", "application/x-ewf"),
    (0, b"EVF2\x0d\x0a\x81\x00", "application/x-ewf"),
    (0, b"LVF\x09\x0d\x0a\xff\x00", "application/x-ewf"),
    (0, b"AFF10\r\n\x00", "application/x-aff"),
    (0, b"KDMV", "application/x-vmdk"),
    (0, b"QFI\xfb\x00\x00\x00", "application/x-qcow2"),
    (0, b"vhdxfile", "application/x-vhdx"),
    (0, b"conectix", "application/x-vhd"),
    (32769, b"CD001", "application/x-iso9660-image"),
    (32769, b"NSR0", "application/x-udf-image"),
)

OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"7\x7f\x06\x82", "application/x-sqlite-wal"),
    (0, b"7\x7f\x06\x83", "application/x-sqlite-wal"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"{\\rtf", "text/rtf"),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"dex\n0", "application/vnd.android.dex"),
    (0, b"\x00asm\x01\x00\x00\x00", "application/wasm"),
    (0, b"OTTO\x00", "font/otf"),
    (0, b"ttcf\x00", "font/collection"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
    (0, b"StartFontMetrics", "application/x-font-afm"),
    (0, b"MThd\x00\x00\x00\x06", "audio/midi"),
    (0, b"\xde\x12\x04\x95", "application/x-gettext-mo"),
    (0, b"\x95\x04\x12\xde", "application/x-gettext-mo"),
    (0, b"TZif", "application/tzif"),
    (0, b"bplist00", "application/x-bplist"),
    (0, b"\x93NUMPY", "application/x-npy"),
    (0, b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
    (0, b"MATLAB 5.0 MAT-file", "application/x-matlab-data"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"ElfFile\x00", "application/x-ms-evtx"),
    (0, b"regf", "application/x-ms-registry"),
    (0, b"!BDN", "application/vnd.ms-outlook-pst"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (0, b"\x0a\x0d\x0d\x0a", "application/x-pcapng"),
    (0, b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "application/vnd.tcpdump.pcap"),
    (0, b"-----BEGIN PGP", "application/pgp"),
    (0, b"-----BEGIN ", "application/x-pem-file"),
    (0, b"PACK\x00\x00\x00\x02", "application/x-git-pack"),
    (0, b"\xfftOc\x00\x00\x00\x02", "application/x-git-index"),
    (0, b"ITSF\x03\x00\x00\x00", "application/vnd.ms-htmlhelp"),
    (0, b"LUKS\xba\xbe", "application/x-luks"),
)

# Brands of `ftyp` boxes (ISO/IEC 14496-12, ISO/IEC 23008-12, the MP4 registration authority's list). The
# major brand decides; where it says nothing, the first compatible brand that does.
BRANDS: dict[bytes, Content] = {
    brand: Content(media_type, kind)
    for kind, media_type, brands in (
        (MediaKind.PICTURE, "image/avif", b"avif avis"),
        (MediaKind.PICTURE, "image/heic", b"heic heix heim heis hevc hevx hevm hevs"),
        (MediaKind.PICTURE, "image/x-canon-cr3", b"crx "),
        (MediaKind.VIDEO, "video/quicktime", b"qt  "),
        (
            MediaKind.VIDEO,
            "video/3gpp",
            b"3gp1 3gp2 3gp3 3gp4 3gp5 3gp6 3gp7 3gp8 3gp9 3gr6 3gs6 3gs7 3ge6 3gg6",
        ),
        (MediaKind.VIDEO, "video/3gpp2", b"3g2a 3g2b 3g2c KDDI"),
        (MediaKind.VIDEO, "video/x-m4v", b"M4V  M4VH M4VP"),
        (MediaKind.AUDIO, "audio/mp4", b"M4A  M4B  M4P "),
        (
            MediaKind.VIDEO,
            "video/mp4",
            b"isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 mp41 mp42 mp71 avc1 dash msdh msdx msix XAVC MSNV "
            b"f4v  F4V  mmp4 NDSC NDSH NDSM ndsc dby1 hvc1 hev1 av01 cmfc cmf2 ",
        ),
    )
    for brand in (brands[at : at + 4] for at in range(0, len(brands), 5))
}
# A still or a burst in a container that names no codec: tried only when no other brand says more.
WEAK_BRANDS: dict[bytes, Content] = {
    b"mif1": Content("image/heif", MediaKind.PICTURE),
    b"msf1": Content("image/heif", MediaKind.PICTURE),
    b"mif2": Content("image/heif", MediaKind.PICTURE),
    b"miaf": Content("image/heif", MediaKind.PICTURE),
    b"jp2 ": Content("image/jp2", MediaKind.PICTURE),
}

# Makers whose raw files are TIFF files, by the beginning of the Make tag (0x010F), in capitals.
RAW_MAKERS: tuple[tuple[bytes, str], ...] = (
    (b"NIKON", "image/x-nikon-nef"),
    (b"SONY", "image/x-sony-arw"),
    (b"PENTAX", "image/x-pentax-pef"),
    (b"RICOH", "image/x-pentax-pef"),
    (b"SAMSUNG", "image/x-samsung-srw"),
    (b"HASSELBLAD", "image/x-hasselblad-3fr"),
    (b"EASTMAN KODAK", "image/x-kodak-dcr"),
    (b"KODAK", "image/x-kodak-dcr"),
    (b"SEIKO EPSON", "image/x-epson-erf"),
    (b"MAMIYA", "image/x-raw-mos"),
    (b"LEAF", "image/x-raw-mos"),
    (b"PHASE ONE", "image/x-phaseone-iiq"),
)
