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


@table(Kind.OWN, references={"member_id": "member"}, update=("refresh_hash", "used_at", "expires_at", "revoked_at"))
class LoginSession(Record):
    """One login: its refresh token's hash (the last one made wins), when used, whether revoked."""

    member_id = fields.UUIDField()
    refresh_hash = fields.BinaryField()
    channel = fields.TextField(default="graphql")
    recorded_at = fields.DatetimeField(default=now)
    used_at = fields.DatetimeField(default=now)
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "login_session"
        indexes = (("tenant_id", "member_id"),)


@table(Kind.OWN, update=("used_at", "revoked_at"))
class ApiKey(Record):
    """A partner portal's key: hashed, with its scopes (permissions), expiry and last use."""

    name = fields.TextField()
    secret_hash = fields.BinaryField()
    scopes = ArrayField("text")
    made_by = fields.UUIDField(null=True)
    recorded_at = fields.DatetimeField(default=now)
    expires_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_key"
