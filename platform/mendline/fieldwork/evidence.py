"""Evidence: photos, files and documents bound to a ticket, kept in S3, hashed in Postgres."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table


@table(
    Kind.CHILD,
    references={"ticket_id": "ticket"},
    group="messages",
    writer="author",
    update=("state", "stored_at"),
    checks={
        "state": "state IN ('awaited', 'stored')",
        "kind": "kind IN ('photo', 'file', 'voice', 'video', 'document')",
    },
)
class Evidence(Record):
    """One file: `awaited` while its upload is under way, `stored` once S3 has the very bytes (SHA-256 in hex)."""

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    author_id = fields.UUIDField()
    author_name = fields.TextField(default="")
    kind = fields.TextField(default="photo")
    filename = fields.TextField()
    media_type = fields.TextField()
    size = fields.BigIntField()
    sha256 = fields.TextField()
    key = fields.TextField()
    caption = fields.TextField(default="")
    state = fields.TextField(default="awaited")
    occurred_at = fields.DatetimeField(default=now)
    recorded_at = fields.DatetimeField(default=now)
    stored_at = fields.DatetimeField(null=True)

    class Meta:
        table = "evidence"
        indexes = (("tenant_id", "ticket_id", "recorded_at"),)
