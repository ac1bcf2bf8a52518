"""The custody bundle of an exhibit: a folder that a third party checks without the system, and can repeat.

manifest.json        `Manifest`: what was taken in, by whom, how often, with which software and parameters,
                     and the SHA-256 of every other file
manifest.signature   a signed note over the manifest's SHA-256
files.jsonl          `FileEntry`: every file of the exhibit with its digests and fingerprints, by locator
events.jsonl         `ProvenEvent`: what was done to the exhibit, each with its proof in the log's tree
names.jsonl          what the references in these events mean
checkpoint           the signed root to which the proofs lead
consistency.jsonl    `ConsistencyProof`: that earlier checkpoints are the beginning of this one
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from consilience.audit.export import LONGEST_LINE, NameLine
from consilience.audit.notes import Checkpoint, NoteError, PublicKey, Signer, open_note
from consilience.audit.proofs import is_consistent, root_by_inclusion
from consilience.model.audited import AuditedEvent
from consilience.model.merkle import leaf_hash
from consilience.model.references import Reference, ReferenceKind

VERSION = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.signature"
FILES, EVENTS, NAMES = "files.jsonl", "events.jsonl", "names.jsonl"
CHECKPOINT, CONSISTENCY = "checkpoint", "consistency.jsonl"
_LARGEST_MANIFEST = 1 << 26

T = TypeVar("T")


class FingerprintEntry(msgspec.Struct, frozen=True):
    """A fingerprint as a bundle holds it; the code in hexadecimal."""

    algorithm: str
    version: str
    part: str
    code: str
    quality: int
    decode_path: str
    decoder: str


class FileEntry(msgspec.Struct, frozen=True):
    """A file of the exhibit.

    Attributes:
        locator: encoded, hexadecimal.
        shown: the locator for people.
        size: bytes; None where unknown.
        sha256, sha1, md5: hexadecimal; None where the file could not be read.
        problem: code of what stopped the reading; None where nothing did.
        fingerprints: of its content; none where it is no picture, or was not decoded.
    """

    locator: str
    shown: str
    size: int | None
    sha256: str | None
    sha1: str | None
    md5: str | None
    problem: str | None
    fingerprints: tuple[FingerprintEntry, ...] = ()


class ReadingEntry(msgspec.Struct, frozen=True):
    """One reading of the exhibit: by whom, when, with what, and what came of it."""

    id: str
    by: str
    source: str
    root: str
    software: str
    parameters: dict[str, object]
    started: int
    finished: int | None
    counts: dict[str, object] | None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle says as a whole.

    Attributes:
        origin: the log.
        case, exhibit, agency, description, legal_basis: as recorded.
        brought_by: who put the exhibit on record.
        readings: oldest first.
        files: how many.
        fingerprints_sha256: see `fingerprints_digest`.
        sha256: digest of every other file of the bundle.
    """

    version: int = VERSION
    origin: str
    agency: str
    case: str
    legal_basis: str
    exhibit: str
    description: str
    brought_by: str
    readings: tuple[ReadingEntry, ...]
    files: int
    fingerprints_sha256: str
    sha256: dict[str, str]


class ProvenEvent(msgspec.Struct, frozen=True):
    """A leaf, and the hashes that lead from it to the checkpoint's root, hexadecimal."""

    leaf: str
    proof: list[str]


class ConsistencyProof(msgspec.Struct, frozen=True):
    """The hashes that show that an earlier tree is the beginning of the checkpoint's, hexadecimal."""

    size: int
    root: str
    proof: list[str]


class FingerprintsDigest:
    """SHA-256 over every fingerprint, in the order of the files: one value for *the same fingerprints*.

    A line each: the content's SHA-256, algorithm, version, part and code, separated by spaces.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, entry: FileEntry) -> None:
        """The next file."""
        for one in entry.fingerprints:
            line = f"{entry.sha256} {one.algorithm} {one.version} {one.part} {one.code}\n"
            self._digest.update(line.encode())

    def hexdigest(self) -> str:
        """The digest of all so far."""
        return self._digest.hexdigest()


class BundleVerification(msgspec.Struct, frozen=True):
    """What a bundle proves.

    Attributes:
        manifest: what it says; None where it cannot be read or is not signed by the key.
        events: that are proven to be in the log.
        checkpoint: the log's state to which the proofs lead; None where it is not signed by the key.
        anchored: whether every checkpoint that was kept elsewhere agrees; None if none was given.
        findings: what is wrong, in sentences.
    """

    manifest: Manifest | None
    events: list[AuditedEvent]
    checkpoint: Checkpoint | None
    anchored: bool | None
    findings: list[str]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def limits(self) -> list[str]:
        """What this does not prove, in sentences."""
        said = []
        if self.anchored is None:
            said.append(
                "No checkpoint that was kept elsewhere was given: "
                "whoever holds the signing key could have made all of this anew."
            )
        said.append(
            "That the exhibit has these files is proven only by reading it again: "
            "give --exhibit PATH where it is at hand."
        )
        said.append("Times are those of the recording machine.")
        return said


def write_bundle(
    folder: Path,
    signer: Signer,
    about: Manifest,
    files: Iterable[FileEntry],
    events: Sequence[ProvenEvent],
    names: Iterable[Reference],
    checkpoint: str,
    earlier: Sequence[ConsistencyProof],
) -> Manifest:
    """Write a bundle into an empty folder; gives its manifest.

    Args:
        folder: where to.
        signer: the log's.
        about: what is known of the exhibit; counts and digests are filled in.
        files: every file, in the order of encoded locators.
        events: of the exhibit.
        names: what references in the events mean.
        checkpoint: the signed note.
        earlier: proofs for earlier checkpoints.
    """
    digest = FingerprintsDigest()
    counted = 0

    def counting() -> Iterator[FileEntry]:
        nonlocal counted
        for one in files:
            counted += 1
            digest.add(one)
            yield one

    lines = (NameLine(one.digest.hex(), one.kind, one.text, one.key.hex()) for one in names)
    sha256 = {
        FILES: _write_lines(folder / FILES, counting()),
        EVENTS: _write_lines(folder / EVENTS, events),
        NAMES: _write_lines(folder / NAMES, lines),
        CONSISTENCY: _write_lines(folder / CONSISTENCY, earlier),
        CHECKPOINT: _write(folder / CHECKPOINT, [checkpoint.encode()]),
    }
    manifest = msgspec.structs.replace(
        about, files=counted, fingerprints_sha256=digest.hexdigest(), sha256=sha256
    )
    encoded = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    signed = signer.note(_signed_text(_write(folder / MANIFEST, [encoded])))
    _write(folder / SIGNATURE, [signed.encode()])
    return manifest


def read_files(folder: Path) -> Iterator[FileEntry]:
    """The files that a bundle lists; `verify_bundle` says whether they are as signed.

    Raises:
        ValueError: a line is none.
    """
    return _read_lines(folder / FILES, FileEntry)


def verify_bundle(folder: Path, key: PublicKey, kept: Iterable[Checkpoint] = ()) -> BundleVerification:
    """Check a bundle. Needs no holdings.

    Args:
        folder: the bundle.
        key: the log's public key, from a source other than the bundle.
        kept: checkpoints that were kept elsewhere.

    Raises:
        OSError: the folder cannot be read.
    """
    return _Bundle(folder, key).verification(kept)


class _Bundle:
    """One check of one bundle."""

    def __init__(self, folder: Path, key: PublicKey) -> None:
        self._folder = folder
        self._key = key
        self._findings: list[str] = []

    def verification(self, kept: Iterable[Checkpoint]) -> BundleVerification:
        there = {one.name for one in self._folder.iterdir()}
        missing = {MANIFEST, SIGNATURE, FILES, EVENTS, NAMES, CHECKPOINT, CONSISTENCY} - there
        if missing:
            self._findings.append(f"missing from the bundle: {', '.join(sorted(missing))}")
            return BundleVerification(None, [], None, None, self._findings)
        manifest = self._manifest()
        if manifest is None:
            return BundleVerification(None, [], None, None, self._findings)
        for name in sorted(there - set(manifest.sha256) - {MANIFEST, SIGNATURE}):
            self._findings.append(f"{name} does not belong to the bundle")
        altered = {
            name
            for name, digest in manifest.sha256.items()
            if name not in there or _digest(self._folder / name) != digest
        }
        self._findings += [f"{name} is not the one that was signed" for name in sorted(altered)]
        if FILES not in altered:
            self._files(manifest)
        checkpoint = self._checkpoint()
        events = [] if checkpoint is None else self._events(checkpoint)
        self._names()
        return BundleVerification(
            manifest, events, checkpoint, self._anchored(checkpoint, list(kept)), self._findings
        )

    def _manifest(self) -> Manifest | None:
        data = _read(self._folder / MANIFEST)
        note = _read(self._folder / SIGNATURE).decode("utf-8", "replace")
        try:
            if open_note(note, self._key) != _signed_text(hashlib.sha256(data).hexdigest()):
                self._findings.append(f"{MANIFEST} is not the one that was signed")
                return None
            manifest = msgspec.json.decode(data, type=Manifest)
        except (NoteError, ValueError) as error:
            self._findings.append(f"{MANIFEST}: {error}")
            return None
        if manifest.version != VERSION:
            self._findings.append(f"a bundle of version {manifest.version}; this program knows {VERSION}")
            return None
        return manifest

    def _files(self, manifest: Manifest) -> None:
        digest = FingerprintsDigest()
        counted = 0
        before = ""
        try:
            for one in read_files(self._folder):
                counted += 1
                digest.add(one)
                if one.locator <= before:
                    self._findings.append(f"{FILES}: {one.shown} comes twice, or out of order")
                before = one.locator
        except ValueError as error:
            self._findings.append(f"{FILES}: {error}")
        if (counted, digest.hexdigest()) != (manifest.files, manifest.fingerprints_sha256):
            self._findings.append(f"{FILES} does not hold what the manifest says")

    def _checkpoint(self) -> Checkpoint | None:
        try:
            return Checkpoint.opened(_read(self._folder / CHECKPOINT).decode(), self._key)
        except (NoteError, UnicodeDecodeError) as error:
            self._findings.append(f"{CHECKPOINT}: {error}")
            return None

    def _events(self, checkpoint: Checkpoint) -> list[AuditedEvent]:
        proven = []
        try:
            for place, one in enumerate(_read_lines(self._folder / EVENTS, ProvenEvent), 1):
                event = AuditedEvent.decode(one.leaf.encode())
                proof = [bytes.fromhex(hash) for hash in one.proof]
                leaf = leaf_hash(one.leaf.encode())
                if root_by_inclusion(leaf, event.number - 1, checkpoint.size, proof) != checkpoint.root:
                    self._findings.append(f"{EVENTS}, line {place}: event {event.number} is not in the log")
                else:
                    proven.append(event)
        except ValueError as error:
            self._findings.append(f"{EVENTS}: {error}")
        return proven

    def _names(self) -> None:
        try:
            for one in _read_lines(self._folder / NAMES, NameLine):
                kind = ReferenceKind(one.kind)
                if not Reference(bytes.fromhex(one.digest), kind, one.text, bytes.fromhex(one.key)).holds:
                    self._findings.append(f"{NAMES}: a reference does not mean what is said there")
        except ValueError as error:
            self._findings.append(f"{NAMES}: {error}")

    def _anchored(self, checkpoint: Checkpoint | None, kept: list[Checkpoint]) -> bool | None:
        if checkpoint is None or not kept:
            return None
        try:
            proofs = {one.size: one for one in _read_lines(self._folder / CONSISTENCY, ConsistencyProof)}
        except ValueError as error:
            self._findings.append(f"{CONSISTENCY}: {error}")
            return False
        agreed = True
        for one in kept:
            which = f"the checkpoint of {one.size} events of {one.at}"
            if one.size == checkpoint.size:
                good = one.root == checkpoint.root
            elif (found := proofs.get(one.size)) is None:
                self._findings.append(f"the bundle says nothing of {which}")
                agreed = False
                continue
            else:
                proof = [bytes.fromhex(hash) for hash in found.proof]
                good = is_consistent(one.size, one.root, checkpoint.size, checkpoint.root, proof)
            if not good:
                self._findings.append(f"the log is not that of {which}: it was rewritten")
            agreed = agreed and good
        return agreed


def _signed_text(sha256: str) -> str:
    return f"consilience custody bundle {VERSION}\n{sha256}\n"


def _write_lines(path: Path, records: Iterable[object]) -> str:
    return _write(path, (msgspec.json.encode(one) + b"\n" for one in records))


def _write(path: Path, parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for part in parts:
            digest.update(part)
            file.write(part)
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST_MANIFEST)


def _read_lines(path: Path, type: type[T]) -> Iterator[T]:
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            yield msgspec.json.decode(line, type=type)
