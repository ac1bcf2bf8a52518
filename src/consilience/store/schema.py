"""The tables. Content has no owner; occurrences have.

Names are the glossary's. Every table has an internal sequence; what is named to the outside has a random
public id as well. Raw digests and codes are bytes. Times of our own are nanoseconds since 1970 in UTC; times
that a device wrote keep their raw value, zone, clock and precision beside it.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy import (
    Text as SqlText,
)
from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite's rowid is an INTEGER; PostgreSQL's sequences are to be 64 bits wide.
Sequence = BigInteger().with_variant(Integer(), "sqlite")


def as_kept(text: str) -> str:
    """A text as a row will give it back: with U+2400 for NUL. What is hashed is hashed so."""
    return text.replace("\x00", "\u2400")


class Text(TypeDecorator[str]):
    """Text of any characters but one: NUL is kept as U+2400, its symbol, as PostgreSQL has no other way."""

    impl = SqlText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """What is kept."""
        return as_kept(value) if value else value


def _id() -> Column[int]:
    return Column("id", Sequence, primary_key=True, autoincrement=True)


def _public_id() -> Column[bytes]:
    return Column("public_id", LargeBinary(16), nullable=False, unique=True)


def _at(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _to(table: str, name: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    return Column(name, Sequence, ForeignKey(f"{table}.id"), nullable=nullable, index=index)


holdings = Table(
    "holdings",
    metadata,
    _id(),
    _public_id(),
    Column("name", Text, nullable=False),
    _at("created_at"),
    # The public key of the log's checkpoints: a key file without its private half is another holdings'.
    Column("signing_key", LargeBinary(32)),
    # Id of the key that wraps cases' keys now: who has an older key file in memory must not wrap with it.
    Column("wrapping_key", LargeBinary(8)),
    # How often something was erased: what was derived from the records before must be derived again.
    Column("erasures", Integer, nullable=False, server_default="0"),
)

# --- Who owns records -------------------------------------------------------------------------------

agency = Table(
    "agency",
    metadata,
    _id(),
    _public_id(),
    Column("name", Text, nullable=False, unique=True),
    _at("created_at"),
)

# A part of an agency whose users work together.
unit = Table(
    "unit",
    metadata,
    _id(),
    _public_id(),
    _to("agency", "agency_id"),
    Column("name", Text, nullable=False),
    _at("created_at"),
    UniqueConstraint("agency_id", "name"),
)

# A person with an account here. Rows stay when somebody leaves: from the first one on, policy is in force.
user = Table(
    "user",
    metadata,
    _id(),
    _public_id(),
    Column("name", Text, nullable=False, unique=True),
    _to("agency", "agency_id"),
    _to("unit", "unit_id", nullable=True),
    _at("created_at"),
    _at("ended_at", nullable=True),
)

case = Table(
    "case",
    metadata,
    _id(),
    _public_id(),
    _to("agency", "agency_id"),
    Column("number", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("release_level", Text, nullable=False),
    # Where the case came from: empty for the agency's own work.
    Column("origin", Text, nullable=False, server_default=""),
    _at("review_at", nullable=True),
    _at("created_at"),
    # Set when it was erased: what is left is the id that events speak of.
    _at("erased_at", nullable=True),
    UniqueConstraint("agency_id", "number"),
)

exhibit = Table(
    "exhibit",
    metadata,
    _id(),
    _public_id(),
    _to("case", "case_id"),
    _to("exhibit", "parent_id", nullable=True),
    Column("number", Text, nullable=False),
    Column("description", Text, nullable=False),
    _at("created_at"),
    UniqueConstraint("case_id", "number"),
)

# One run of a Source over an exhibit: what was run, with which parameters, and what came of it.
reading = Table(
    "reading",
    metadata,
    _id(),
    _public_id(),
    _to("exhibit", "exhibit_id", index=True),
    Column("source", Text, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("software", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    _at("started_at"),
    _at("finished_at", nullable=True),
    Column("counts", JSON),
)

# --- Content ----------------------------------------------------------------------------------------

media = Table(
    "media",
    metadata,
    _id(),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("sha1", LargeBinary(20), nullable=False, index=True),
    Column("md5", LargeBinary(16), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # A value of model.examination.Examined.
    Column("examined", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("problem", Text),
    Column("problem_detail", Text),
    Column("seconds", Float, nullable=False),
    CheckConstraint("length(sha256) = 32 and length(sha1) = 20 and length(md5) = 16", name="digests"),
)

BY_FAST = "decode_path = 'fast'"

fingerprint = Table(
    "fingerprint",
    metadata,
    _id(),
    _to("media", "media_id"),
    Column("part", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("decode_path", Text, nullable=False),
    Column("decoder", Text, nullable=False),
    Column("quality", Integer, nullable=False),
    Column("code", LargeBinary, nullable=False),
    Column("turned", LargeBinary, nullable=False),
    # How many fingerprints held earlier lie within the radius; the nearest of them are in media_match.
    Column("neighbours", Integer, nullable=False, server_default="0"),
    UniqueConstraint("media_id", "part", "algorithm", "version", "decode_path"),
    # Few, and gone after the full pass.
    Index("ix_fingerprint_fast", "id", sqlite_where=text(BY_FAST), postgresql_where=text(BY_FAST)),
)


def _device_time(*, nullable: bool) -> list[Column[str] | Column[float] | Column[int]]:
    return [
        Column("raw", Text, nullable=nullable),
        Column("zone", Text, nullable=nullable),
        Column("clock", Text, nullable=nullable),
        Column("precision", Float, nullable=nullable),
        Column("utc", BigInteger),
    ]


clue = Table(
    "clue",
    metadata,
    _id(),
    _to("media", "media_id", index=True),
    Column("kind", Text, nullable=False, index=True),
    Column("value", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("time_kind", Text),
    *_device_time(nullable=True),
)

# --- Occurrences ------------------------------------------------------------------------------------

media_file = Table(
    "media_file",
    metadata,
    _id(),
    _public_id(),
    _to("exhibit", "exhibit_id"),
    _to("reading", "reading_id", index=True),
    Column("locator", LargeBinary, nullable=False),
    _to("media", "media_id", nullable=True, index=True),
    Column("size", BigInteger),
    Column("problem", Text),
    Column("problem_detail", Text),
    UniqueConstraint("exhibit_id", "locator"),
    CheckConstraint("media_id is not null or problem is not null", name="accounted_for"),
)

media_file_time = Table(
    "media_file_time",
    metadata,
    Column("media_file_id", Sequence, ForeignKey("media_file.id"), primary_key=True),
    # A file may state the same time twice, by two clocks: in the order found.
    Column("place", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    *_device_time(nullable=False),
    sqlite_with_rowid=False,
)

# --- Lists ------------------------------------------------------------------------------------------

hash_list = Table(
    "hash_list",
    metadata,
    _id(),
    _public_id(),
    _to("agency", "agency_id"),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("scheme_version", Text, nullable=False),
    Column("origin", Text, nullable=False),
    # Lists of the first release were for whoever used the holdings, and stay so.
    Column("release_level", Text, nullable=False, server_default="installation"),
    Column("legal_basis", Text, nullable=False, server_default=""),
    _at("review_at", nullable=True),
    _at("created_at"),
    UniqueConstraint("agency_id", "name"),
)

edition = Table(
    "edition",
    metadata,
    _id(),
    _public_id(),
    _to("hash_list", "list_id"),
    Column("ordinal", Integer, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", LargeBinary(32), nullable=False),
    Column("format", Text, nullable=False),
    Column("about", JSON, nullable=False),
    _at("imported_at"),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("repeated", Integer, nullable=False),
    Column("broken", Integer, nullable=False),
    UniqueConstraint("list_id", "ordinal"),
)

broken_record = Table(
    "broken_record",
    metadata,
    _id(),
    _to("edition", "edition_id", index=True),
    Column("position", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)

BY_SHA256 = "sha256 is not null"
BY_SHA1 = "sha1 is not null and sha256 is null"
BY_MD5 = "md5 is not null and sha1 is null and sha256 is null"
# Entries that state a stronger digest, too: for who knows the weaker one alone.
ALSO_SHA1 = "sha1 is not null and sha256 is not null"
ALSO_MD5 = "md5 is not null and (sha1 is not null or sha256 is not null)"

entry = Table(
    "entry",
    metadata,
    _id(),
    _to("hash_list", "list_id"),
    # The first 16 bytes of SHA-256 of the provider's id: short and of one length in the unique index.
    Column("key", LargeBinary(16), nullable=False),
    # None where the format has no id of its own, and the entry is named by its strongest digest.
    Column("provider_id", Text),
    Column("md5", LargeBinary(16)),
    Column("sha1", LargeBinary(20)),
    Column("sha256", LargeBinary(32)),
    Column("size", BigInteger),
    Column("category", Text),
    Column("series", JSON(none_as_null=True)),
    Column("attributes", JSON(none_as_null=True)),
    # Digest of the whole record, to tell a changed entry from an unchanged one.
    Column("record", LargeBinary(16), nullable=False),
    _to("edition", "first_edition_id"),
    _to("edition", "last_edition_id"),
    # The edition in which it was missing; None while it stands.
    _to("edition", "withdrawn_edition_id", nullable=True),
    UniqueConstraint("list_id", "key"),
    # The strongest digest decides whether bytes are the same, so an entry is found by that one alone.
    Index("ix_entry_sha256", "sha256", sqlite_where=text(BY_SHA256), postgresql_where=text(BY_SHA256)),
    Index("ix_entry_sha1", "sha1", sqlite_where=text(BY_SHA1), postgresql_where=text(BY_SHA1)),
    Index("ix_entry_md5", "md5", sqlite_where=text(BY_MD5), postgresql_where=text(BY_MD5)),
    Index("ix_entry_also_sha1", "sha1", sqlite_where=text(ALSO_SHA1), postgresql_where=text(ALSO_SHA1)),
    Index("ix_entry_also_md5", "md5", sqlite_where=text(ALSO_MD5), postgresql_where=text(ALSO_MD5)),
)

entry_fingerprint = Table(
    "entry_fingerprint",
    metadata,
    _id(),
    _to("entry", "entry_id"),
    Column("algorithm", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("code", LargeBinary, nullable=False),
    UniqueConstraint("entry_id", "algorithm", "version"),
)

# What an entry said before an edition changed or withdrew it.
entry_change = Table(
    "entry_change",
    metadata,
    _id(),
    _to("edition", "edition_id", index=True),
    _to("entry", "entry_id", index=True),
    Column("change", Text, nullable=False),
    Column("before", JSON, nullable=False),
)

# --- What indexes of codes follow --------------------------------------------------------------------

# A transaction added, changed or took out codes of records with ids in a range; see store/journal.py. The
# first row names no codes: it is the moment at which the journal began.
code_change = Table(
    "code_change",
    metadata,
    _id(),
    Column("token", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("first_id", Sequence, nullable=False),
    Column("last_id", Sequence, nullable=False),
)

# --- Matches ----------------------------------------------------------------------------------------


def _measured() -> list[Column[str] | Column[int]]:
    return [
        Column("algorithm", Text, nullable=False),
        Column("version", Text, nullable=False),
        Column("distance", Integer, nullable=False),
        Column("orientation", Text, nullable=False),
    ]


entry_match = Table(
    "entry_match",
    metadata,
    _id(),
    _public_id(),
    _to("media", "media_id"),
    Column("part", Text, nullable=False),
    _to("entry", "entry_id", index=True),
    *_measured(),
    _at("found_at"),
    # Set when the entry was withdrawn or no longer says what matched.
    _at("recalled_at", nullable=True),
    UniqueConstraint("media_id", "entry_id", "part", "algorithm", "version"),
)

media_match = Table(
    "media_match",
    metadata,
    _id(),
    _public_id(),
    # The one that came later asked in eight orientations for the one that was there.
    _to("media", "media_id"),
    Column("part", Text, nullable=False),
    _to("media", "other_media_id", index=True),
    Column("other_part", Text, nullable=False),
    *_measured(),
    _at("found_at"),
    UniqueConstraint("media_id", "part", "other_media_id", "other_part", "algorithm", "version"),
)

# What only the code of a first look matches, apart from what counts; see store/passes.py. A match with a list
# entry, or with another content.
provisional_match = Table(
    "provisional_match",
    metadata,
    _id(),
    _to("media", "media_id", index=True),
    Column("part", Text, nullable=False),
    _to("entry", "entry_id", nullable=True, index=True),
    _to("media", "other_media_id", nullable=True, index=True),
    Column("other_part", Text, nullable=False),
    *_measured(),
    _at("found_at"),
    CheckConstraint("(entry_id is null) <> (other_media_id is null)", name="one_other"),
)

# Contents that got another code after others had asked for it: what is near is to be found anew.
unsettled = Table(
    "unsettled",
    metadata,
    Column("media_id", Sequence, ForeignKey("media.id"), primary_key=True),
)

# --- Who may see and do what ------------------------------------------------------------------------


def _for_a_while() -> list[Column[int] | Column[str]]:
    """From when to when something was granted, and by whom: a row is ended, never changed or dropped."""
    return [
        _at("granted_at"),
        Column("granted_by", Text, nullable=False),
        _at("revoked_at", nullable=True),
        Column("revoked_by", Text),
    ]


# What a role gave leave for on the day of its grant: to edit the vocabulary changes later grants only.
role_grant = Table(
    "role_grant",
    metadata,
    _id(),
    _public_id(),
    _to("user", "user_id", index=True),
    Column("role", Text, nullable=False),
    Column("permissions", JSON, nullable=False),
    Column("reach", Text, nullable=False),
    *_for_a_while(),
)

# A user, or everybody of a unit, works on a case.
case_member = Table(
    "case_member",
    metadata,
    _id(),
    _public_id(),
    _to("case", "case_id", index=True),
    _to("user", "user_id", nullable=True, index=True),
    _to("unit", "unit_id", nullable=True, index=True),
    *_for_a_while(),
    CheckConstraint("(user_id is null) <> (unit_id is null)", name="one_member"),
)

# An agency to which a case or a list is released by name.
released_to = Table(
    "released_to",
    metadata,
    _id(),
    _public_id(),
    _to("case", "case_id", nullable=True, index=True),
    _to("hash_list", "list_id", nullable=True, index=True),
    _to("agency", "agency_id", index=True),
    *_for_a_while(),
    CheckConstraint("(case_id is null) <> (list_id is null)", name="one_record"),
)

# --- What people have said of it ---------------------------------------------------------------------

STANDING = "ended_at is null"

# One person's decision. It is never changed: a later one of the same person on the same subject ends it, or
# somebody takes it back. What counts is derived from those that stand.
judgement = Table(
    "judgement",
    metadata,
    _id(),
    _public_id(),
    # A value of model.judgements.Subject, and what it is about; of two contents, the lower id first.
    Column("subject", Text, nullable=False),
    _to("media", "media_id", nullable=True, index=True),
    _to("media", "other_media_id", nullable=True, index=True),
    _to("entry", "entry_id", nullable=True, index=True),
    Column("scheme", Text),
    Column("scheme_version", Text),
    Column("code", Text),
    # The subject without decision and code, and the case: of one person, one judgement of a key stands.
    Column("key", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("author", Text, nullable=False),
    _to("agency", "agency_id", index=True),
    # The case in the course of which it was made; None for an entry, which belongs to no case.
    _to("case", "case_id", nullable=True, index=True),
    Column("reason", Text, nullable=False),
    _at("at"),
    _at("ended_at", nullable=True),
    Column("ended_by", Text),
    Column("ended_reason", Text),
    _to("judgement", "superseded_by_id", nullable=True),
    Index(
        "ix_judgement_standing",
        "key",
        "author",
        unique=True,
        sqlite_where=text(STANDING),
        postgresql_where=text(STANDING),
    ),
    Index(
        "ix_judgement_subject",
        "subject",
        "media_id",
        sqlite_where=text(STANDING),
        postgresql_where=text(STANDING),
    ),
    # The newest of a subject, asked with every page of a gallery.
    Index("ix_judgement_newest", "subject", "id"),
    Index("ix_judgement_ended", "subject", "ended_at"),
)

# Free text to a judgement, apart from it so that it can be erased.
judgement_note = Table(
    "judgement_note",
    metadata,
    Column("judgement_id", Sequence, ForeignKey("judgement.id"), primary_key=True),
    Column("text", Text, nullable=False),
)

# How many must agree before a judgement counts, or approve before something leaves. Ended, never changed.
policy = Table(
    "policy",
    metadata,
    _id(),
    _public_id(),
    Column("subject", Text, nullable=False),
    Column("votes", Integer, nullable=False),
    *_for_a_while(),
)

# A second person's leave for something to go out of the agency, good for once.
approval = Table(
    "approval",
    metadata,
    _id(),
    _public_id(),
    _to("case", "case_id", index=True),
    Column("act", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    _at("asked_at"),
    Column("approved_by", Text),
    _at("approved_at", nullable=True),
    _at("used_at", nullable=True),
)

# A person in the records of a case. Kinds are never mixed in one list.
person = Table(
    "person",
    metadata,
    _id(),
    _public_id(),
    _to("case", "case_id"),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("origin", Text, nullable=False),
    _at("review_at", nullable=True),
    Column("added_by", Text, nullable=False),
    _at("created_at"),
    Index("ix_person_case_id_kind", "case_id", "kind"),
)

# What is known of a person, with where it stands.
person_fact = Table(
    "person_fact",
    metadata,
    _id(),
    _to("person", "person_id", index=True),
    Column("text", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    _at("said_at"),
)

# What somebody thinks of a person: apart from the facts, with whose opinion it is.
person_assessment = Table(
    "person_assessment",
    metadata,
    _id(),
    _to("person", "person_id", index=True),
    Column("text", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    _at("said_at"),
)

# --- What people are told, and what was done --------------------------------------------------------

notice = Table(
    "notice",
    metadata,
    _id(),
    _public_id(),
    _to("case", "case_id", index=True),
    Column("kind", Text, nullable=False),
    # What makes two notices of a kind the same; such a notice is given once.
    Column("key", Text, nullable=False),
    Column("subject", JSON, nullable=False),
    # What it tells of beside its own case: only who may see that too is told.
    _to("case", "about_case_id", nullable=True),
    _to("hash_list", "about_list_id", nullable=True),
    _at("created_at"),
    _at("read_at", nullable=True),
    UniqueConstraint("case_id", "kind", "key"),
)

# What a reference in the audit's tree means. Text and key are erased; the reference stays.
reference = Table(
    "reference",
    metadata,
    _id(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("text", Text),
    Column("key", LargeBinary(32)),
    UniqueConstraint("kind", "text"),
)

# One audited act, leaf `id - 1` of the tree: ids run from 1 without a gap. A row never changes.
event = Table(
    "event",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=False),
    _public_id(),
    _at("at"),
    _to("reference", "actor_id"),
    Column("action", Text, nullable=False),
    _to("case", "case_id", nullable=True),
    Column("object_kind", Text, nullable=False),
    Column("object_id", LargeBinary(16), index=True),
    Column("justification", Text, nullable=False),
    _to("reference", "authority_id", nullable=True),
    Column("outcome", Text, nullable=False),
    # Codes, references and counts; never names, paths or free text.
    Column("detail", JSON, nullable=False),
    # With the id, for the newest of a person or a case: PostgreSQL else goes through those of everybody.
    Index("ix_event_actor_id_id", "actor_id", "id"),
    Index("ix_event_case_id_id", "case_id", "id"),
)

# One row, the log as whole: how many leaves, and the roots of its complete subtrees. Who appends locks it.
event_tree = Table(
    "event_tree",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
)

# The roots of complete subtrees of 256, 65,536, … leaves. What lies between is computed for a proof.
event_tree_node = Table(
    "event_tree_node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

# Signed roots of the tree.
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    _at("at"),
    # The signed note, and the time stamp over it as the authority gave it.
    Column("note", Text, nullable=False),
    Column("time_stamp", LargeBinary),
)

# Free text that belongs to an event, apart from it so that it can be erased.
event_note = Table(
    "event_note",
    metadata,
    Column("event_id", Sequence, ForeignKey("event.id"), primary_key=True),
    Column("text", Text, nullable=False),
)

# --- What is encrypted ------------------------------------------------------------------------------

# The key of a case, wrapped by one of the holdings' keys. Without its row, what it seals cannot be read.
case_key = Table(
    "case_key",
    metadata,
    Column("case_id", Sequence, ForeignKey("case.id"), primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("wrapped_by", LargeBinary(8), nullable=False),
    _at("created_at"),
)

# Derived pictures and stored content, each sealed with the key of the case that it was made for.
sealed = Table(
    "sealed",
    metadata,
    _id(),
    _to("case", "case_id"),
    _to("media", "media_id", index=True),
    Column("kind", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("case_id", "media_id", "kind"),
)

# --- How people and programs sign in ----------------------------------------------------------------

# What proves who somebody is, never as it was given: a password's hash, or the digest of an invitation.
account_secret = Table(
    "account_secret",
    metadata,
    _id(),
    _to("user", "user_id", index=True),
    # `password` or `invitation`.
    Column("kind", Text, nullable=False),
    Column("secret", Text, nullable=False),
    _at("created_at"),
    _at("expires_at", nullable=True),
    _at("ended_at", nullable=True),
)

# A person at work in a browser. Its key is known to that browser alone; here is the digest.
session = Table(
    "session",
    metadata,
    _id(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    # None for the one local owner, of holdings without users.
    _to("user", "user_id", nullable=True, index=True),
    Column("actor", Text, nullable=False),
    _at("created_at"),
    _at("seen_at"),
    _at("ended_at", nullable=True),
)

# A program's way in, with what it may do. It is shown once; here is the digest.
token = Table(
    "token",
    metadata,
    _id(),
    _public_id(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    _to("user", "user_id", nullable=True, index=True),
    Column("actor", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", JSON, nullable=False),
    # Signals that it may ask about in a day.
    Column("quota", Integer, nullable=False),
    _at("created_at"),
    _at("expires_at", nullable=True),
    _at("used_at", nullable=True),
    _at("revoked_at", nullable=True),
    Column("revoked_by", Text),
)

# Signals that a token has asked about, a row a day.
token_use = Table(
    "token_use",
    metadata,
    Column("token_id", Sequence, ForeignKey("token.id"), primary_key=True, autoincrement=False),
    # Days since 1970-01-01 in UTC.
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("asked", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Wrong tries to sign in, by account or by address; gone after a right one.
failed_sign_in = Table(
    "failed_sign_in",
    metadata,
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    _at("last_at"),
    sqlite_with_rowid=False,
)

# A key of an authenticator with which somebody signs in (WebAuthn).
passkey = Table(
    "passkey",
    metadata,
    _id(),
    _public_id(),
    _to("user", "user_id", index=True),
    # What the person calls it.
    Column("name", Text, nullable=False),
    # The authenticator's own id of it.
    Column("credential", LargeBinary, nullable=False, unique=True),
    # COSE (RFC 9052).
    Column("public_key", LargeBinary, nullable=False),
    # Signatures that the authenticator has counted; 0 for ever where it does not count.
    Column("counter", BigInteger, nullable=False),
    _at("created_at"),
    _at("used_at", nullable=True),
    _at("ended_at", nullable=True),
)

# By whom a sign-in provider means a user: at most one subject a user, one user a subject, at a time.
bound_subject = Table(
    "bound_subject",
    metadata,
    _id(),
    _public_id(),
    _to("user", "user_id", index=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    *_for_a_while(),
    Index(
        "uq_bound_subject_standing",
        "issuer",
        "subject",
        unique=True,
        sqlite_where=text("revoked_at is null"),
        postgresql_where=text("revoked_at is null"),
    ),
)

# What was asked of a browser and waits for its answer, which is taken once.
challenge = Table(
    "challenge",
    metadata,
    # Of the kind of the question and the browser's key.
    Column("digest", LargeBinary(32), primary_key=True),
    Column("state", Text, nullable=False),
    _at("expires_at"),
    sqlite_with_rowid=False,
)

# What a request that creates was answered, so that the same request again does not create twice.
kept_answer = Table(
    "kept_answer",
    metadata,
    _id(),
    Column("actor", Text, nullable=False),
    Column("key", Text, nullable=False),
    # Of method, path and body: another request under the same key is refused.
    Column("request", LargeBinary(32), nullable=False),
    # None while it is being worked on.
    Column("status", Integer),
    Column("body", LargeBinary),
    _at("created_at"),
    UniqueConstraint("actor", "key"),
)

# --- How much people see ----------------------------------------------------------------------------

# How many pictures a person may see clearly, and after how many there is a break; for an agency or a unit of
# it. Ended, never changed.
exposure_limit = Table(
    "exposure_limit",
    metadata,
    _id(),
    _public_id(),
    _to("agency", "agency_id", nullable=True),
    _to("unit", "unit_id", nullable=True),
    Column("a_day", Integer),
    Column("before_a_break", Integer),
    Column("break_minutes", Integer),
    *_for_a_while(),
)

# When somebody last looked at a case: what came since is what changed.
case_look = Table(
    "case_look",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("case_id", Sequence, ForeignKey("case.id"), primary_key=True, autoincrement=False),
    _at("looked_at"),
    sqlite_with_rowid=False,
)

# --- Footage ----------------------------------------------------------------------------------------

# All codes of one stream by one algorithm, encoded together: see model.footage.
timed_fingerprint = Table(
    "timed_fingerprint",
    metadata,
    _id(),
    _to("media", "media_id"),
    Column("part", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("version", Text, nullable=False),
    # A value of model.footage.Look: the furthest pass.
    Column("look", Text, nullable=False),
    Column("duration", Float, nullable=False),
    Column("decoder", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("media_id", "part", "algorithm", "version"),
)

footage_match = Table(
    "footage_match",
    metadata,
    _id(),
    _public_id(),
    # The one that came later.
    _to("media", "media_id"),
    _to("media", "other_media_id", index=True),
    Column("algorithm", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("other_part", Text, nullable=False),
    Column("orientation", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("other_seconds", Float, nullable=False),
    Column("share", Float, nullable=False),
    Column("other_share", Float, nullable=False),
    Column("spans", JSON, nullable=False),
    _at("found_at"),
    UniqueConstraint("media_id", "other_media_id", "algorithm", "version"),
)

# A picture that is a frame of a video, by the nearest frame.
frame_match = Table(
    "frame_match",
    metadata,
    _id(),
    _public_id(),
    _to("media", "picture_id"),
    Column("part", Text, nullable=False),
    _to("media", "video_id", index=True),
    Column("video_part", Text, nullable=False),
    # Microseconds from the beginning of the stream.
    Column("at", BigInteger, nullable=False),
    Column("distance", Integer, nullable=False),
    Column("orientation", Text, nullable=False),
    _at("found_at"),
    UniqueConstraint("picture_id", "part", "video_id"),
)
