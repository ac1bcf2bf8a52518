"""The second schema: what release 0.2.0 adds to the first.

Under construction until that release: each subject appends its part here.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from consilience.store.migrations.leaves import Events

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a database of the first schema to the second."""
    _audit()
    _keys()
    _journal_of_codes()
    _first_looks()
    _people_and_access()
    _judgements()
    _persons()
    _notices()
    _sign_in()
    _passkeys_and_providers()
    _exposure()
    _footage()


def _id_type() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _keys() -> None:
    """The log's public key, a key a case, and what is sealed with it; erased cases."""
    op.add_column("holdings", sa.Column("signing_key", sa.LargeBinary(length=32), nullable=True))
    op.add_column("holdings", sa.Column("wrapping_key", sa.LargeBinary(length=8), nullable=True))
    op.add_column("holdings", sa.Column("erasures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("case", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "case_key",
        sa.Column("case_id", _id_type(), autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_by", sa.LargeBinary(length=8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_key_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_key")),
    )
    op.create_table(
        "sealed",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("case_id", _id_type(), nullable=False),
        sa.Column("media_id", _id_type(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_sealed_case_id")),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_sealed_media_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed")),
        sa.UniqueConstraint("case_id", "media_id", "kind", name=op.f("uq_sealed_case_id_media_id_kind")),
    )
    op.create_index(op.f("ix_sealed_media_id"), "sealed", ["media_id"], unique=False)


def _audit() -> None:
    """Every event is a leaf of a hash tree; names stand apart from it, where they can be erased.

    First of all, because other tables may refer to events.
    """
    before = Events(op.get_bind())
    op.drop_table("event_note")
    op.drop_table("event")
    op.create_table(
        "reference",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("key", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference")),
        sa.UniqueConstraint("digest", name=op.f("uq_reference_digest")),
        sa.UniqueConstraint("kind", "text", name=op.f("uq_reference_kind_text")),
    )
    op.create_table(
        "event",
        sa.Column("id", _id_type(), autoincrement=False, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", _id_type(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("case_id", _id_type(), nullable=True),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("justification", sa.Text(), nullable=False),
        sa.Column("authority_id", _id_type(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["reference.id"], name=op.f("fk_event_actor_id")),
        sa.ForeignKeyConstraint(["authority_id"], ["reference.id"], name=op.f("fk_event_authority_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_event_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("public_id", name=op.f("uq_event_public_id")),
    )
    op.create_index("ix_event_actor_id_id", "event", ["actor_id", "id"], unique=False)
    op.create_index("ix_event_case_id_id", "event", ["case_id", "id"], unique=False)
    op.create_index(op.f("ix_event_object_id"), "event", ["object_id"], unique=False)
    op.create_table(
        "event_note",
        sa.Column("event_id", _id_type(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_note_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_note")),
    )
    op.create_table(
        "event_tree",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_tree")),
    )
    op.create_table(
        "event_tree_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "place", name=op.f("pk_event_tree_node")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("time_stamp", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )
    before.write(op.get_bind())


def _people_and_access() -> None:
    """Who may see and do what."""
    op.create_table(
        "unit",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("agency_id", _id_type(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_unit_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_unit_agency_id_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_unit_public_id")),
    )
    op.create_table(
        "user",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agency_id", _id_type(), nullable=False),
        sa.Column("unit_id", _id_type(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_user_agency_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_user_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("name", name=op.f("uq_user_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_user_public_id")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("user_id", _id_type(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint("public_id", name=op.f("uq_role_grant_public_id")),
    )
    op.create_index(op.f("ix_role_grant_user_id"), "role_grant", ["user_id"], unique=False)
    op.create_table(
        "case_member",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case_id", _id_type(), nullable=False),
        sa.Column("user_id", _id_type(), nullable=True),
        sa.Column("unit_id", _id_type(), nullable=True),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(user_id is null) <> (unit_id is null)", name=op.f("ck_case_member_one_member")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_member_case_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_case_member_unit_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_case_member_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_member")),
        sa.UniqueConstraint("public_id", name=op.f("uq_case_member_public_id")),
    )
    op.create_index(op.f("ix_case_member_case_id"), "case_member", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_member_unit_id"), "case_member", ["unit_id"], unique=False)
    op.create_index(op.f("ix_case_member_user_id"), "case_member", ["user_id"], unique=False)
    op.create_table(
        "released_to",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case_id", _id_type(), nullable=True),
        sa.Column("list_id", _id_type(), nullable=True),
        sa.Column("agency_id", _id_type(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(case_id is null) <> (list_id is null)", name=op.f("ck_released_to_one_record")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_released_to_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_released_to_case_id")),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_released_to_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_released_to")),
        sa.UniqueConstraint("public_id", name=op.f("uq_released_to_public_id")),
    )
    op.create_index(op.f("ix_released_to_agency_id"), "released_to", ["agency_id"], unique=False)
    op.create_index(op.f("ix_released_to_case_id"), "released_to", ["case_id"], unique=False)
    op.create_index(op.f("ix_released_to_list_id"), "released_to", ["list_id"], unique=False)
    op.add_column("case", sa.Column("origin", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "hash_list", sa.Column("release_level", sa.Text(), server_default="installation", nullable=False)
    )
    op.add_column("hash_list", sa.Column("legal_basis", sa.Text(), server_default="", nullable=False))
    op.add_column("hash_list", sa.Column("review_at", sa.BigInteger(), nullable=True))


def _judgements() -> None:
    """What people decide, and how many of them must agree."""
    op.create_table(
        "judgement",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("media_id", _id_type(), nullable=True),
        sa.Column("other_media_id", _id_type(), nullable=True),
        sa.Column("entry_id", _id_type(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("scheme_version", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("agency_id", _id_type(), nullable=False),
        sa.Column("case_id", _id_type(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.Column("superseded_by_id", _id_type(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_judgement_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_judgement_case_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_judgement_entry_id")),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_judgement_media_id")),
        sa.ForeignKeyConstraint(["other_media_id"], ["media.id"], name=op.f("fk_judgement_other_media_id")),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["judgement.id"], name=op.f("fk_judgement_superseded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
        sa.UniqueConstraint("public_id", name=op.f("uq_judgement_public_id")),
    )
    op.create_index(op.f("ix_judgement_agency_id"), "judgement", ["agency_id"], unique=False)
    op.create_index(op.f("ix_judgement_case_id"), "judgement", ["case_id"], unique=False)
    op.create_index(op.f("ix_judgement_entry_id"), "judgement", ["entry_id"], unique=False)
    op.create_index(op.f("ix_judgement_media_id"), "judgement", ["media_id"], unique=False)
    op.create_index(op.f("ix_judgement_other_media_id"), "judgement", ["other_media_id"], unique=False)
    op.create_index(
        "ix_judgement_standing",
        "judgement",
        ["key", "author"],
        unique=True,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "ix_judgement_subject",
        "judgement",
        ["subject", "media_id"],
        unique=False,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index("ix_judgement_newest", "judgement", ["subject", "id"], unique=False)
    op.create_index("ix_judgement_ended", "judgement", ["subject", "ended_at"], unique=False)
    op.create_table(
        "judgement_note",
        sa.Column("judgement_id", _id_type(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["judgement_id"], ["judgement.id"], name=op.f("fk_judgement_note_judgement_id")
        ),
        sa.PrimaryKeyConstraint("judgement_id", name=op.f("pk_judgement_note")),
    )
    op.create_table(
        "policy",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("public_id", name=op.f("uq_policy_public_id")),
    )
    op.create_table(
        "approval",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case_id", _id_type(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_approval_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint("public_id", name=op.f("uq_approval_public_id")),
    )
    op.create_index(op.f("ix_approval_case_id"), "approval", ["case_id"], unique=False)


def _persons() -> None:
    """Persons in records, facts apart from assessments."""
    op.create_table(
        "person",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case_id", _id_type(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("review_at", sa.BigInteger(), nullable=True),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_person_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_public_id")),
    )
    op.create_index("ix_person_case_id_kind", "person", ["case_id", "kind"], unique=False)
    op.create_table(
        "person_fact",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("person_id", _id_type(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_fact_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_fact")),
    )
    op.create_index(op.f("ix_person_fact_person_id"), "person_fact", ["person_id"], unique=False)
    op.create_table(
        "person_assessment",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("person_id", _id_type(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_assessment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_assessment")),
    )
    op.create_index(op.f("ix_person_assessment_person_id"), "person_assessment", ["person_id"], unique=False)


def _notices() -> None:
    """A notice says in columns what it tells of, so that what a viewer may not see is filtered in SQL."""
    # Elsewhere than on SQLite, a reference within the column would not have the name.
    inline = op.get_bind().dialect.name == "sqlite"
    case = sa.ForeignKey("case.id", name=op.f("fk_notice_about_case_id"))
    hash_list = sa.ForeignKey("hash_list.id", name=op.f("fk_notice_about_list_id"))
    op.add_column("notice", sa.Column("about_case_id", _id_type(), case), inline_references=inline)
    op.add_column("notice", sa.Column("about_list_id", _id_type(), hash_list), inline_references=inline)
    connection = op.get_bind()
    notice = sa.table("notice", *map(sa.column, ("id", "case_id", "key", "about_case_id", "about_list_id")))
    notice.append_column(sa.column("subject", sa.JSON()))
    lists = {
        row[1].hex(): row[0] for row in connection.execute(sa.text("SELECT id, public_id FROM hash_list"))
    }
    exhibits = connection.execute(sa.text("SELECT case_id, public_id FROM exhibit"))
    case_of = {row[1].hex(): row[0] for row in exhibits}
    for row in connection.execute(sa.select(notice)).all():
        about_case = case_of.get(row.subject.get("exhibit"))
        if about_case == row.case_id:  # told to the exhibit's own case; the other one ends the key
            about_case = int(row.key.split()[-1])
        about_list = lists.get(row.subject.get("list"))
        connection.execute(
            sa.update(notice)
            .where(notice.c.id == row.id)
            .values(about_case_id=about_case, about_list_id=about_list)
        )


def _journal_of_codes() -> None:
    """What indexes follow; the first row is the moment before which nothing was journalled."""
    journal = op.create_table(
        "code_change",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("first_id", _id_type(), nullable=False),
        sa.Column("last_id", _id_type(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_change")),
    )
    op.bulk_insert(journal, [{"token": secrets.randbits(63), "what": "", "first_id": 0, "last_id": 0}])


def _first_looks() -> None:
    """What waits for the full pass, apart from what counts."""
    op.create_table(
        "provisional_match",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("media_id", _id_type(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("entry_id", _id_type(), nullable=True),
        sa.Column("other_media_id", _id_type(), nullable=True),
        sa.Column("other_part", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("orientation", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(entry_id is null) <> (other_media_id is null)", name=op.f("ck_provisional_match_one_other")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_provisional_match_entry_id")),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_provisional_match_media_id")),
        sa.ForeignKeyConstraint(
            ["other_media_id"], ["media.id"], name=op.f("fk_provisional_match_other_media_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provisional_match")),
    )
    for column in ("media_id", "entry_id", "other_media_id"):
        op.create_index(op.f(f"ix_provisional_match_{column}"), "provisional_match", [column], unique=False)
    op.create_table(
        "unsettled",
        sa.Column("media_id", _id_type(), nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_unsettled_media_id")),
        sa.PrimaryKeyConstraint("media_id", name=op.f("pk_unsettled")),
    )
    fast = sa.text("decode_path = 'fast'")
    op.create_index(
        "ix_fingerprint_fast", "fingerprint", ["id"], unique=False, sqlite_where=fast, postgresql_where=fast
    )


def _sign_in() -> None:
    """Passwords, invitations, sessions and tokens; what was asked and answered; weaker digests of entries."""
    for name, digest, condition in (
        ("ix_entry_also_sha1", "sha1", "sha1 is not null and sha256 is not null"),
        ("ix_entry_also_md5", "md5", "md5 is not null and (sha1 is not null or sha256 is not null)"),
    ):
        where = sa.text(condition)
        op.create_index(name, "entry", [digest], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "account_secret",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("user_id", _id_type(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_account_secret_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_secret")),
    )
    op.create_index(op.f("ix_account_secret_user_id"), "account_secret", ["user_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", _id_type(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_session_digest")),
    )
    op.create_index(op.f("ix_session_user_id"), "session", ["user_id"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", _id_type(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_token_digest")),
        sa.UniqueConstraint("public_id", name=op.f("uq_token_public_id")),
    )
    op.create_index(op.f("ix_token_user_id"), "token", ["user_id"], unique=False)
    op.create_table(
        "token_use",
        sa.Column("token_id", _id_type(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["token.id"], name=op.f("fk_token_use_token_id")),
        sa.PrimaryKeyConstraint("token_id", "day", name=op.f("pk_token_use")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "failed_sign_in",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_failed_sign_in")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kept_answer",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answer")),
        sa.UniqueConstraint("actor", "key", name=op.f("uq_kept_answer_actor_key")),
    )


def _passkeys_and_providers() -> None:
    """Sign-in without a password."""
    op.create_table(
        "passkey",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("user_id", _id_type(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_passkey_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkey_credential")),
        sa.UniqueConstraint("public_id", name=op.f("uq_passkey_public_id")),
    )
    op.create_index(op.f("ix_passkey_user_id"), "passkey", ["user_id"], unique=False)
    op.create_table(
        "bound_subject",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("user_id", _id_type(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_bound_subject_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bound_subject")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bound_subject_public_id")),
    )
    op.create_index(op.f("ix_bound_subject_user_id"), "bound_subject", ["user_id"], unique=False)
    standing = sa.text("revoked_at is null")
    op.create_index(
        "uq_bound_subject_standing",
        "bound_subject",
        ["issuer", "subject"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        "challenge",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_challenge")),
        sqlite_with_rowid=False,
    )


def _exposure() -> None:
    """How much people may see; when they last looked at a case."""
    op.create_table(
        "exposure_limit",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("agency_id", _id_type(), nullable=True),
        sa.Column("unit_id", _id_type(), nullable=True),
        sa.Column("a_day", sa.Integer(), nullable=True),
        sa.Column("before_a_break", sa.Integer(), nullable=True),
        sa.Column("break_minutes", sa.Integer(), nullable=True),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_exposure_limit_agency_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_exposure_limit_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure_limit")),
        sa.UniqueConstraint("public_id", name=op.f("uq_exposure_limit_public_id")),
    )
    op.create_table(
        "case_look",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("case_id", _id_type(), autoincrement=False, nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_look_case_id")),
        sa.PrimaryKeyConstraint("actor", "case_id", name=op.f("pk_case_look")),
        sqlite_with_rowid=False,
    )


def _footage() -> None:
    """Codes over time, and what they tie together."""
    op.create_table(
        "timed_fingerprint",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("media_id", _id_type(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("look", sa.Text(), nullable=False),
        sa.Column("duration", sa.Float(), nullable=False),
        sa.Column("decoder", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_timed_fingerprint_media_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timed_fingerprint")),
        sa.UniqueConstraint(
            "media_id",
            "part",
            "algorithm",
            "version",
            name=op.f("uq_timed_fingerprint_media_id_part_algorithm_version"),
        ),
    )
    op.create_table(
        "footage_match",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("media_id", _id_type(), nullable=False),
        sa.Column("other_media_id", _id_type(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("other_part", sa.Text(), nullable=False),
        sa.Column("orientation", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("other_seconds", sa.Float(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("other_share", sa.Float(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_footage_match_media_id")),
        sa.ForeignKeyConstraint(
            ["other_media_id"], ["media.id"], name=op.f("fk_footage_match_other_media_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footage_match")),
        sa.UniqueConstraint(
            "media_id",
            "other_media_id",
            "algorithm",
            "version",
            name=op.f("uq_footage_match_media_id_other_media_id_algorithm_version"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_footage_match_public_id")),
    )
    op.create_index(
        op.f("ix_footage_match_other_media_id"), "footage_match", ["other_media_id"], unique=False
    )
    op.create_table(
        "frame_match",
        sa.Column("id", _id_type(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("picture_id", _id_type(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("video_id", _id_type(), nullable=False),
        sa.Column("video_part", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("orientation", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["picture_id"], ["media.id"], name=op.f("fk_frame_match_picture_id")),
        sa.ForeignKeyConstraint(["video_id"], ["media.id"], name=op.f("fk_frame_match_video_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frame_match")),
        sa.UniqueConstraint(
            "picture_id", "part", "video_id", name=op.f("uq_frame_match_picture_id_part_video_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_frame_match_public_id")),
    )
    op.create_index(op.f("ix_frame_match_video_id"), "frame_match", ["video_id"], unique=False)
