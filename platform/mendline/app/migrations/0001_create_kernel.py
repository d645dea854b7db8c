"""Create kernel."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise.contrib.postgres.fields import ArrayField
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='DeadLetter',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('queue', fields.TextField(unique=False)),
                ('row_id', fields.UUIDField()),
                ('error', fields.TextField(unique=False)),
                ('attempts', fields.IntField()),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('replayed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'dead_letter', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'recorded_at'])], 'pk_attr': 'id', 'table_description': "One row of a queue that was given up, with the last error. Rows without a tenant (NIL) are the gateway's."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Delivery',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('due_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('attempts', fields.IntField(default=0)),
                ('held_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('completed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('error', fields.TextField(null=True, unique=False)),
                ('correlation', fields.TextField(default='', unique=False)),
                ('event_id', fields.UUIDField()),
                ('consumer', fields.TextField(unique=False)),
            ],
            options={'table': 'delivery', 'app': 'mendline', 'pk_attr': 'id', 'table_description': "That one consumer shall hear of one event; done in the consumer's own time."},
            bases=['Queued'],
        ),
        ops.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('actor', fields.UUIDField()),
                ('key', fields.TextField(unique=False)),
                ('digest', fields.BinaryField()),
                ('result', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'idempotency_key', 'app': 'mendline', 'indexes': [Index(fields=['recorded_at'])], 'pk_attr': 'id', 'table_description': "A key that an actor has used: the digest of command and input, and the command's result."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Outbox',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('name', fields.TextField(unique=False)),
                ('version', fields.IntField()),
                ('payload', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('actor', fields.UUIDField()),
                ('occurred_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('visible_to', ArrayField(element_type='UUID')),
                ('correlation', fields.TextField(unique=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'outbox', 'app': 'mendline', 'pk_attr': 'id', 'table_description': "An event as it was written: never changed, the acting organisation's."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Schedule',
            fields=[
                ('name', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=100)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'schedule', 'app': 'mendline', 'pk_attr': 'name', 'table_description': 'When a recurring job is due next.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Timer',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('due_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('attempts', fields.IntField(default=0)),
                ('held_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('completed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('error', fields.TextField(null=True, unique=False)),
                ('correlation', fields.TextField(default='', unique=False)),
                ('name', fields.TextField(unique=False)),
                ('key', fields.TextField(unique=False)),
                ('payload', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'timer', 'app': 'mendline', 'unique_together': (('tenant_id', 'key'),), 'pk_attr': 'id', 'table_description': 'A named call with its payload, due at `due_at`; `key` is unique for the organisation.'},
            bases=['Queued'],
        ),
    ]
