"""Create read log."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.contrib.postgres.indexes import GinIndex
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mendline', '0010_ask_across_organisations')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ReadLog',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('actor', fields.UUIDField()),
                ('actor_kind', fields.TextField(unique=False)),
                ('actor_role', fields.TextField(unique=False)),
                ('actor_name', fields.TextField(unique=False)),
                ('channel', fields.TextField(unique=False)),
                ('operation', fields.TextField(unique=False)),
                ('document_hash', fields.TextField(default='', unique=False)),
                ('groups', ArrayField(element_type='TEXT')),
                ('owners', ArrayField(element_type='UUID')),
                ('tickets', ArrayField(element_type='UUID')),
                ('arguments', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('correlation', fields.TextField(default='', unique=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'read_log', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'recorded_at', 'id']), Index(fields=['tenant_id', 'actor', 'recorded_at', 'id']), GinIndex(fields=['tickets'])], 'pk_attr': 'id', 'table_description': 'One read of sensitive fields: never changed, never deleted, in the book of the organisation that read.'},
            bases=['Record'],
        ),
    ]
