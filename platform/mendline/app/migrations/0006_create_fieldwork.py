"""Create fieldwork."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise.contrib.postgres.fields import ArrayField
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mendline', '0005_create_dispatch')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Evidence',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('author_id', fields.UUIDField()),
                ('kind', fields.TextField(default='photo', unique=False)),
                ('filename', fields.TextField(unique=False)),
                ('media_type', fields.TextField(unique=False)),
                ('size', fields.BigIntField()),
                ('sha256', fields.TextField(unique=False)),
                ('key', fields.TextField(unique=False)),
                ('caption', fields.TextField(default='', unique=False)),
                ('state', fields.TextField(default='awaited', unique=False)),
                ('occurred_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('stored_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'evidence', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'ticket_id', 'recorded_at'])], 'pk_attr': 'id', 'table_description': 'One file: `awaited` while its upload is under way, `stored` once S3 has the very bytes (SHA-256 in hex).'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ServiceReport',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('technician_id', fields.UUIDField()),
                ('attempt', fields.IntField()),
                ('result', fields.TextField(unique=False)),
                ('cause', fields.TextField(unique=False)),
                ('action', fields.TextField(unique=False)),
                ('advice', fields.TextField(default='', unique=False)),
                ('work_minutes', fields.IntField(null=True)),
                ('next_maintenance_on', fields.DateField(null=True)),
                ('finished_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'service_report', 'app': 'mendline', 'unique_together': (('tenant_id', 'ticket_id', 'attempt'),), 'pk_attr': 'id', 'table_description': "The technician's report of one attempt; never changed. The latest one also stands in `ticket_quality`."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Visit',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('technician_id', fields.UUIDField()),
                ('attempt', fields.IntField(default=1)),
                ('eta_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('arrived_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('left_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'visit', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'ticket_id', 'recorded_at'])], 'pk_attr': 'id', 'table_description': 'One visit of one attempt: when it is expected, when it began and ended.'},
            bases=['Record'],
        ),
    ]
