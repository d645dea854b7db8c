"""Signature slots: who signs acceptance, in which order, and what each signature says."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table


@table(
    Kind.CHILD,
    references={"ticket_id": "ticket"},
    group="quality",
    writer="facility",
    checks={"state": "state IN ('waiting', 'open', 'signed', 'rejected', 'void')"},
)
class SignatureSlot(Record):
    """One slot of one attempt: the role that signs and the meaning of it; one winner.

    record_hash: SHA-256 in hex of the record as it was signed. signer_name: the printed name (21 CFR 11.50).
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    attempt = fields.IntField(default=1)
    position = fields.IntField()
    role = fields.TextField()
    meaning = fields.TextField()
    state = fields.TextField(default="waiting")
    signer_id = fields.UUIDField(null=True)
    signer_name = fields.TextField(null=True)
    signed_at = fields.DatetimeField(null=True)
    record_hash = fields.TextField(null=True)
    reason = fields.TextField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "signature_slot"
        unique_together = (("tenant_id", "ticket_id", "attempt", "position"),)
