"""The truth, arranged for looking things up."""

from __future__ import annotations

from collections import defaultdict

from consilience.exercise.truth import EntryTruth, FileTruth, PictureTruth, Truth
from consilience.model.lists import Role

FileKey = tuple[str, bytes]
"""Exhibit number and encoded locator."""
EntryKey = tuple[str, str]
"""List's name and provider's id."""


class Known:
    """What is true of files, contents, pictures and entries. Contents are named by SHA-256 in hex."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.files: dict[FileKey, FileTruth] = {
            (one.exhibit, bytes.fromhex(one.locator)): one for one in truth.files
        }
        self.pictures: dict[str, PictureTruth] = {one.name: one for one in truth.pictures}
        self.entries: dict[EntryKey, EntryTruth] = {(one.list, one.provider_id): one for one in truth.entries}
        self.contents: defaultdict[str, list[FileTruth]] = defaultdict(list)
        for one in truth.files:
            if one.sha256:
                self.contents[one.sha256].append(one)
        # The original of a picture may lie in no exhibit.
        self._originals = {one.sha256: one.name for one in truth.pictures}
        self._strangers: dict[str, frozenset[str]] = {}

    def meet(self, content: str, container: FileTruth) -> None:
        """Learn of a content that lies in a container whose members the truth does not list."""
        if not self.is_known(content):
            self._strangers[content] = frozenset(container.pictures)

    def is_known(self, content: str) -> bool:
        """Whether the truth explains a content."""
        return content in self.contents or content in self._originals or content in self._strangers

    def shown(self, content: str) -> frozenset[str]:
        """The pictures that a content shows."""
        names = {name for one in self.contents.get(content, ()) for name in one.pictures}
        if content in self._originals:
            names.add(self._originals[content])
        return frozenset(names) | self._strangers.get(content, frozenset())

    def is_original(self, content: str, picture: str) -> bool:
        """Whether a content is the original file of a picture."""
        return picture in self.pictures and self.pictures[picture].sha256 == content

    def is_known_good(self, content: str) -> bool:
        """Whether a standing known-good entry names these bytes; by MD5 alone it does not count."""
        files = self.contents.get(content)
        entries = [self.entries[entry_key(joined)] for joined in files[0].entries] if files else []
        return any(one.role is Role.KNOWN_GOOD and not is_weak(one) for one in entries)

    def name(self, content: str) -> str:
        """A content's name for people: its first file."""
        files = self.contents.get(content)
        if files:
            return f"{files[0].exhibit}: {files[0].shown}"
        return self._originals.get(content, content)

    def relation(self, left: frozenset[str], right: frozenset[str]) -> tuple[str, str]:
        """What two sets of pictures without a common one have in common otherwise, and that in words."""
        for a in sorted(left):
            for b in sorted(right):
                one, other = self.pictures.get(a), self.pictures.get(b)
                if one is None or other is None:
                    continue
                if one.burst and one.burst == other.burst:
                    return "burst", "two pictures of one burst, taken a second apart"
                if one.scene == other.scene:
                    return "same scene", "two views of one scene"
                if one.kind == other.kind == "drawn" and one.family == other.family:
                    return f"both {one.family}", f"two drawings of one kind: {one.family}"
        return "nothing", f"they show {_listed(left)} and {_listed(right)}"


def entry_key(joined: str) -> EntryKey:
    """A list entry's key from the form that a file's truth has it in."""
    name, _, provider = joined.partition("/")
    return name, provider


def is_weak(entry: EntryTruth) -> bool:
    """Whether an entry names bytes by MD5 alone."""
    return not entry.sha1 and not entry.sha256 and entry.size is None


def _listed(pictures: frozenset[str]) -> str:
    return ", ".join(sorted(pictures)) or "no picture of the truth"
