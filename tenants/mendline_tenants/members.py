"""Members: the people and shared unit accounts of an organisation, and how they prove who they are."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table


@table(Kind.OWN, references={"place_id": "place"}, checks={"status": "status IN ('active', 'suspended', 'left')"})
class Member(Record):
    """A person, or a nursing unit's shared account (which reports and never signs).

    place_id: the department or unit they belong to. system/number: the external reference (HR system).
    """

    login = fields.TextField()
    name = fields.TextField()
    name_en = fields.TextField(null=True)
    phone = fields.TextField(null=True)
    locale = fields.TextField(null=True)
    roles = ArrayField("text")
    place_id = fields.UUIDField(null=True)
    unit_account = fields.BooleanField(default=False)
    status = fields.TextField(default="active")
    password_hash = fields.TextField(null=True)
    system = fields.TextField(null=True)
    number = fields.TextField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "member"
        unique_together = (("tenant_id", "login"), ("tenant_id", "system", "number"))
        indexes = (("tenant_id", "place_id"), ("tenant_id", "status", "login"))


@table(
    Kind.OWN,
    references={"member_id": "member"},
    update=("refresh_hash", "network", "agent", "used_at", "expires_at", "revoked_at"),
)
class LoginSession(Record):
    """One login: its refresh token's hash (the last one made wins), when used, whether revoked.

    network, agent: where from and with what it was used last, as far as its owner needs to know it again: the network
    without the machine (/24, /48), and what the program calls itself.
    """

    member_id = fields.UUIDField()
    refresh_hash = fields.BinaryField()
    channel = fields.TextField(default="graphql")
    network = fields.TextField(null=True)
    agent = fields.TextField(null=True)
    recorded_at = fields.DatetimeField(default=now)
    used_at = fields.DatetimeField(default=now)
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "login_session"
        indexes = (("tenant_id", "member_id"),)


@table(Kind.OWN, update=("used_at", "revoked_at"))
class ApiKey(Record):
    """A partner portal's key: hashed, with its scopes (permissions), expiry and last use.

    trusted_documents: whether it is answered for documents on the operator's list alone.
    """

    name = fields.TextField()
    secret_hash = fields.BinaryField()
    scopes = ArrayField("text")
    trusted_documents = fields.BooleanField(default=False)
    made_by = fields.UUIDField(null=True)
    recorded_at = fields.DatetimeField(default=now)
    expires_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_key"
