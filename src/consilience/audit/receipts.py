"""A receipt: one event with the proof that it is in the signed log, in one small file."""

from __future__ import annotations

import msgspec

from consilience.audit.custody import ProvenEvent
from consilience.audit.notes import Checkpoint, NoteError, PublicKey
from consilience.audit.proofs import root_by_inclusion
from consilience.model.audited import AuditedEvent
from consilience.model.merkle import leaf_hash

VERSION = 1


class Receipt(msgspec.Struct, frozen=True):
    """An event, its proof, and the signed checkpoint to which it leads."""

    event: ProvenEvent
    checkpoint: str
    version: int = VERSION

    def encode(self) -> bytes:
        """The receipt as JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def verify_receipt(data: bytes, key: PublicKey) -> tuple[AuditedEvent, Checkpoint]:
    """The event of a receipt, and the state of the log that it is proven to be in.

    Raises:
        NoteError: the receipt is damaged, not signed by the key, or the event is not in that log.
    """
    try:
        receipt = msgspec.json.decode(data, type=Receipt)
        if receipt.version != VERSION:
            raise NoteError(f"a receipt of version {receipt.version}; this program knows {VERSION}")
        checkpoint = Checkpoint.opened(receipt.checkpoint, key)
        leaf = receipt.event.leaf.encode()
        event = AuditedEvent.decode(leaf)
        proof = [bytes.fromhex(hash) for hash in receipt.event.proof]
        reached = root_by_inclusion(leaf_hash(leaf), event.number - 1, checkpoint.size, proof)
    except NoteError:
        raise
    except ValueError as error:
        raise NoteError(f"the receipt is damaged ({error})") from error
    if reached != checkpoint.root:
        raise NoteError("the event is not in the log that was signed")
    return event, checkpoint
