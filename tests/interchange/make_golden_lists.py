"""Makes the golden hash lists, each with the entries that it holds, from neutral words and numbered contents.

    python tests/interchange/make_golden_lists.py

A golden list is never changed once released: a later version of a format gets a folder of its own.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np

from consilience.interchange.contract import ListAbout
from consilience.interchange.icse import HEADER
from consilience.interchange.lists import open_list, write_list
from consilience.interchange.tmk import Tmk, write_tmk
from consilience.model.lists import BrokenRecord, ListRecord

GOLDEN = Path(__file__).parent.parent / "golden"
V13 = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#"
V20 = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#"
PDQ = "0f1e2d3c4b5a69788796a5b4c3d2e1f0f1e2d3c4b5a69788796a5b4c3d2e1f00"
PHOTO = "Z2FyZGVu" * 24


def md5(word: str) -> str:
    return hashlib.md5(word.encode()).hexdigest()


def sha1(word: str) -> str:
    return hashlib.sha1(word.encode()).hexdigest()


def sha256(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def media(number: int, word: str) -> dict[str, object]:
    return {
        "MediaID": number,
        "Category": number % 6,
        "MD5": md5(word).upper(),
        "SHA1": sha1(word).upper(),
        "MediaSize": 1000 + number,
        "MimeType": "image/jpeg",
        "RelativeFilePath": f"Media\\{word}.jpg",
        "DateUpdated": "2023-06-07T02:31:49.8300Z",
        "Series": "garden, north room" if number % 2 else "",
        "Tags": "a,b",
        "VictimIdentified": "False",
        "IsDistributed": "TRUE",
        "IsPrecategorized": True,
        "PhotoDNA": PHOTO,
        "Exifs": [{"MD5": md5(word), "PropertyName": "Make", "PropertyValue": "Gärtner"}],
        "MediaFiles": [
            {
                "MD5": md5(word).upper(),
                "FileName": f"{word}.jpg",
                "FilePath": f"\\disk\\{word}.jpg",
                "Created": "/Date(1686105109830)/",
                "Written": "2023-06-07T02:31:49.83.00Z",
                "Unallocated": "false",
            }
        ],
    }


def vics() -> None:
    listed = [media(1, "garden"), media(2, "room")]
    again = media(3, "garden")  # one file under two Media
    broken = media(4, "lamp") | {"MD5": md5("lamp")[:-1]}
    empty = media(5, "nothing") | {"MD5": md5(""), "SHA1": None}
    newer = {
        "MediaID": 6,
        "Category": None,
        "MD5": md5("chair"),
        "MediaSize": "77",
        "AlternativeHashes": [
            {"HashName": "PDQ", "HashValue": PDQ},
            {"HashName": "PhotoDNA", "HashValue": PHOTO},
        ],
        "SelfGenerated": "no idea",
        "KeyOfTomorrow": {"a": [1, 2.5, None]},
    }
    document = {"odata.metadata": V13 + "Media", "odata.count": "6"}
    document["value"] = [*listed, again, broken, empty, newer]  # type: ignore[assignment]
    text = json.dumps(document, indent="\t", ensure_ascii=False).replace("\n", "\r\n")
    put("vics/1.3", "exported.json", b"\xef\xbb\xbf" + text.encode())
    put("vics/1.2", "exported.json", text.replace("1.3.xml", "1.2.xml").encode("utf-16"))
    cases = {
        "@odata.context": V20 + "Cases",
        "value": [
            {
                "CaseID": "{00000000-0000-0000-0000-000000000001}",
                "CaseNumber": "GARDEN-1",
                "ContactOrganization": "Unit of gardens",
                "SourceApplicationName": "Gardener",
                "SourceApplicationVersion": "2.1",
                "Media": listed,
                "TotalMediaFiles": 9,
            },
            {"CaseNumber": "GARDEN-2", "Media": [media(1, "lamp")]},
        ],
    }
    put("vics/2.0", "case.json", json.dumps(cases, indent=1).encode())
    put("vics/2.0", "list.json", json.dumps({"@odata.context": V20 + "Media", "value": listed}).encode())


def icse() -> None:
    rows = [
        HEADER,
        f"{md5('garden').upper()};{sha1('garden').upper()};{PHOTO};11;y;n;no;"
        '"garden; north";3;yes;Image;true',
        f"{md5('room')};;;12;t;f;;;;;Video;false",
        f"{md5('lamp')[:-1]};;;13",
        f";{sha1('chair')}",
    ]
    put("icse/1", "exported.csv", "\r\n".join(rows).encode("utf-8-sig"))


def plain() -> None:
    lines = [
        b"# garden and room",
        md5("garden").encode(),
        sha1("room").upper().encode(),
        f"{sha256('lamp')}  a lamp.jpg".encode(),
        f"\\{md5('chair')} *two\\nlines".encode(),
        f"SHA256 (g\u00e4rten.jpg) = {sha256('gardens')}".encode(),
        f"{md5('desk')}  ".encode() + b"g\xe4rten.jpg",
        b"no digest here",
        sha256("").encode(),
    ]
    put("plain/1", "sums.txt", b"\n".join(lines) + b"\n")


def pdq() -> None:
    lines = [
        "# codes",
        PDQ,
        f"{PDQ[::-1]},100",
        f"{PDQ[32:] + PDQ[:32]},49,a room.jpg",
        f"pdq {PDQ.upper()}",
        PDQ[1:],
    ]
    put("pdq-list/1", "codes.txt", "\n".join(lines).encode())


def columns() -> None:
    hsh = (
        '"file_id","hashset_id","file_name","directory","hash","file_size"\r\n'
        f'1,2,"room, small.exe","c:\\garden","{md5("room").upper()}",10\r\n'
        f'2,2,"lamp.exe","c:\\garden","{md5("lamp").upper()}",-1\r\n'
    )
    put("columns/1", "hashkeeper.hsh", hsh.encode())
    exchange = (
        "signal_type,signal_str,collab,category,tags\r\n"
        f"pdq,{PDQ},Garden,POSITIVE_CLASS,a b\r\n"
        f"video_md5,{md5('room')},Garden,NEGATIVE_CLASS,\r\n"
        "raw_text,a garden,Garden,POSITIVE_CLASS,\r\n"
    )
    put("columns/1", "threatexchange.csv", exchange.encode())


def nsrl() -> None:
    path = GOLDEN / "nsrl/RDSv3/full.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript("""
            PRAGMA page_size = 512;
            CREATE TABLE VERSION (version, build_set, description);
            CREATE TABLE METADATA
                (object_id INTEGER PRIMARY KEY, sha256, sha1, md5, file_name, extension, bytes);
            CREATE TABLE PACKAGE_OBJECT (package_id INTEGER, object_id INTEGER);
            INSERT INTO VERSION VALUES ('2026.09.1', 'modern', 'garden tools');
            CREATE VIEW FILE AS SELECT UPPER(m.sha256) AS sha256, UPPER(m.sha1) AS sha1, UPPER(m.md5) AS md5,
                CASE m.extension WHEN '' THEN m.file_name
                    ELSE m.file_name || '.' || m.extension END AS file_name,
                m.bytes AS file_size, p.package_id AS package_id
                FROM PACKAGE_OBJECT AS p JOIN METADATA AS m ON m.object_id = p.object_id;
        """)
        for number, word in enumerate(("garden", "room", ""), 1):
            row = (number, sha256(word), sha1(word), md5(word), word, "exe", number)
            database.execute("INSERT INTO METADATA VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        database.executemany(
            "INSERT INTO PACKAGE_OBJECT VALUES (?, ?)", [(7, 1), (7, 1), (8, 1), (7, 2), (7, 3)]
        )
        database.commit()
    expect(path)
    records = [
        ListRecord(
            provider_id=f"sha256:{sha256(word)}",
            sha256=bytes.fromhex(sha256(word)),
            sha1=bytes.fromhex(sha1(word)),
            md5=bytes.fromhex(md5(word)),
            size=5,
            attributes={"file_name": word, "package_id": 1},
        )
        for word in ("lamp", "chair")
    ]
    minimal = GOLDEN / "nsrl/RDSv3/minimal.db"
    write_list(
        minimal, records, ListAbout(format="nsrl", title="garden tools", attributes={"version": "2026.09.1"})
    )
    expect(minimal)


def encase() -> None:
    path = GOLDEN / "encase/1/set.hash"
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [ListRecord(provider_id="", md5=bytes.fromhex(md5(word))) for word in ("garden", "", "room")]
    about = ListAbout(format="encase", title="garden set", attributes={"set-category": "known"})
    write_list(path, records, about)
    expect(path)


def videos() -> None:
    """Of vPDQ, the files are those of `golden/vpdq`, which other tests read frame by frame."""
    for name in ("pattern.txt", "pattern.json"):
        expect(GOLDEN / "vpdq/1" / name)
    numbers = np.arange(1, 13, dtype=np.float32)
    arrays = (numbers[:2], numbers[:2], numbers[:8].reshape(2, 2, 2), numbers[4:].reshape(2, 2, 2))
    put("tmk/1", "numbers.tmk", write_tmk(Tmk(15, 30, (31, 47), *arrays)))


def put(folder: str, name: str, data: bytes) -> None:
    path = GOLDEN / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    expect(path)


def described(path: Path) -> dict[str, object]:
    """What a list says, as JSON can hold it: digests in hexadecimal."""
    with open_list(path) as opened:
        entries = [
            {"broken": entry.reason, "position": entry.position}
            if isinstance(entry, BrokenRecord)
            else {
                key: value.hex() if isinstance(value, bytes) else value
                for key, value in msgspec.structs.asdict(entry).items()
                if value not in (None, (), {})
            }
            for entry in opened
        ]
        about = {
            key: value
            for key, value in msgspec.structs.asdict(opened.about).items()
            if value not in (None, (), {}, "")
        }
    return json.loads(msgspec.json.encode({"about": about, "entries": entries}))  # type: ignore[no-any-return]


def expect(path: Path) -> None:
    expected = path.with_name(path.name + ".expected.json")
    expected.write_text(json.dumps(described(path), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    for make in (vics, icse, plain, pdq, columns, nsrl, encase, videos):
        make()
