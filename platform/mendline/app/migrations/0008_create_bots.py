"""Create bots."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mendline', '0007_create_quality')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ChatButton',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('token', fields.TextField(unique=False)),
                ('card_id', fields.UUIDField(null=True)),
                ('owner_id', fields.UUIDField(null=True)),
                ('ticket_id', fields.UUIDField(null=True)),
                ('verb', fields.TextField(unique=False)),
                ('arguments', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('member_id', fields.UUIDField(null=True)),
                ('ticket_version', fields.BigIntField(null=True)),
                ('once', fields.BooleanField(default=False)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_button', 'app': 'mendline', 'unique_together': (('tenant_id', 'token'),), 'pk_attr': 'id', 'table_description': "One button of one organisation's chats."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ChatCard',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('owner_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('channel', fields.TextField(unique=False)),
                ('workspace', fields.TextField(unique=False)),
                ('chat', fields.TextField(unique=False)),
                ('private', fields.BooleanField(default=True)),
                ('member_id', fields.UUIDField()),
                ('message', fields.TextField(null=True, unique=False)),
                ('digest', fields.TextField(null=True, unique=False)),
                ('expanded', fields.BooleanField(default=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_card', 'app': 'mendline', 'unique_together': (('tenant_id', 'channel', 'workspace', 'chat', 'owner_id', 'ticket_id'),), 'indexes': [Index(fields=['tenant_id', 'owner_id', 'ticket_id']), Index(fields=['tenant_id', 'channel', 'workspace', 'chat', 'message']), Index(fields=['tenant_id', 'member_id'])], 'pk_attr': 'id', 'table_description': "One ticket's card in one chat, drawn for one member of this organisation."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ChatSend',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('due_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('attempts', fields.IntField(default=0)),
                ('held_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('completed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('error', fields.TextField(null=True, unique=False)),
                ('correlation', fields.TextField(default='', unique=False)),
                ('key', fields.TextField(unique=False)),
                ('channel', fields.TextField(unique=False)),
                ('workspace', fields.TextField(unique=False)),
                ('chat', fields.TextField(unique=False)),
                ('priority', fields.IntField()),
                ('card_id', fields.UUIDField(null=True)),
                ('reply_to', fields.TextField(default='', unique=False)),
                ('content', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('message', fields.TextField(null=True, unique=False)),
                ('tried_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_send', 'app': 'mendline', 'unique_together': (('tenant_id', 'key'),), 'indexes': [Index(fields=['tenant_id', 'channel', 'workspace', 'chat', 'completed_at']), Index(fields=['tenant_id', 'channel', 'workspace', 'chat', 'message']), Index(fields=['tenant_id', 'card_id'])], 'pk_attr': 'id', 'table_description': 'One message to one chat, or one look at a card that may need drawing.'},
            bases=['Queued'],
        ),
        ops.CreateModel(
            name='Dialog',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('channel', fields.TextField(unique=False)),
                ('workspace', fields.TextField(unique=False)),
                ('chat', fields.TextField(unique=False)),
                ('thread', fields.TextField(unique=False)),
                ('account', fields.TextField(unique=False)),
                ('verb', fields.TextField(unique=False)),
                ('state', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('version', fields.BigIntField(default=1)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'dialog', 'app': 'mendline', 'unique_together': (('tenant_id', 'channel', 'workspace', 'chat', 'thread', 'account'),), 'pk_attr': 'id', 'table_description': 'One open question to one account in one chat or thread. It may precede any tenant, so its tenant is NIL.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Inbound',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('due_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('attempts', fields.IntField(default=0)),
                ('held_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('completed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('error', fields.TextField(null=True, unique=False)),
                ('correlation', fields.TextField(default='', unique=False)),
                ('channel', fields.TextField(unique=False)),
                ('key', fields.TextField(unique=False)),
                ('album', fields.TextField(null=True, unique=False)),
                ('payload', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'inbound', 'app': 'mendline', 'unique_together': (('tenant_id', 'key'),), 'indexes': [Index(fields=['tenant_id', 'album'])], 'pk_attr': 'id', 'table_description': 'One update as the channel sent it. It precedes any tenant, so its tenant is NIL.'},
            bases=['Queued'],
        ),
    ]
