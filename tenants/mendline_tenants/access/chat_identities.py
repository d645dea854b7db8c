"""Chat identities: which member a Telegram or Slack account is, and the codes that link them."""

from tortoise import fields
from tortoise.models import Model

from mendline.kernel import Kind, Record, new_id, now, table

STATUS_CHECK = "status IN ('active', 'suspended', 'unlinked')"
"""suspended: the chat cannot be reached. unlinked: the person or an administrator ended it."""


@table(Kind.GATEWAY, checks={"status": STATUS_CHECK}, update=("status",))
class ChatIdentity(Record):
    """One account of a chat channel that is linked to one member.

    workspace: Slack's team (`T…`), empty for Telegram. account: the user id there. chat: the private chat with the bot.
    """

    channel = fields.TextField()
    workspace = fields.TextField(default="")
    account = fields.TextField()
    chat = fields.TextField()
    member_id = fields.UUIDField()
    locale = fields.TextField(null=True)
    status = fields.TextField(default="active")
    chosen_at = fields.DatetimeField(default=now)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "chat_identity"
        unique_together = (("tenant_id", "channel", "workspace", "account"),)
        indexes = (("channel", "workspace", "account"), ("tenant_id", "member_id"))


@table(Kind.GATEWAY, key=("code_hash",), delete=True)
class LinkCode(Record):
    """A code that links a chat account to a member: hashed, single use, ten minutes."""

    code_hash = fields.BinaryField()
    member_id = fields.UUIDField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "link_code"


@table(Kind.GATEWAY, key=("channel", "workspace", "account"))
class LinkAttempt(Model):
    """Wrong codes that one chat account has typed since a moment."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    channel = fields.TextField()
    workspace = fields.TextField(default="")
    account = fields.TextField()
    failures = fields.IntField(default=1)
    since = fields.DatetimeField(default=now)

    class Meta:
        table = "link_attempt"


@table(Kind.GATEWAY, key=("channel", "workspace"))
class ChatInstallation(Record):
    """Our app in a Slack workspace (or our Telegram bot), and the organisation that installed it."""

    channel = fields.TextField()
    workspace = fields.TextField(default="")
    name = fields.TextField(default="")
    bot_token = fields.TextField(null=True)
    bot_account = fields.TextField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "chat_installation"
