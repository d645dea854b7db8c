"""Create dispatch."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mendline', '0004_create_tickets')]

    initial = False

    operations = [
        ops.CreateModel(
            name='JobOffer',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('owner_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('technician_id', fields.UUIDField()),
                ('technician_name', fields.TextField(unique=False)),
                ('state', fields.TextField(default='offered', unique=False)),
                ('reason', fields.TextField(null=True, unique=False)),
                ('offered_by', fields.UUIDField()),
                ('offered_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'job_offer', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'owner_id', 'ticket_id']), Index(fields=['tenant_id', 'technician_id', 'state'])], 'pk_attr': 'id', 'table_description': 'One offer of one job to one technician, and the answer.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Qualification',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('technician_id', fields.UUIDField()),
                ('device_class', fields.TextField(unique=False)),
                ('model_number', fields.TextField(null=True, unique=False)),
                ('level', fields.IntField(default=1)),
                ('expires_on', fields.DateField(null=True)),
                ('proof', fields.TextField(null=True, unique=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'qualification', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'device_class']), Index(fields=['tenant_id', 'technician_id'])], 'pk_attr': 'id', 'table_description': 'That a technician may work on a device class (or one model of it), until a day; level 1-3.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Suggestion',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('owner_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('ticket_version', fields.BigIntField()),
                ('candidates', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('excluded', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'suggestion', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'owner_id', 'ticket_id', 'recorded_at'])], 'pk_attr': 'id', 'table_description': 'Who could do the job, best first, with what counted for and against each, and why the others fell out.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Technician',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('member_id', fields.UUIDField()),
                ('home_latitude', fields.FloatField(null=True)),
                ('home_longitude', fields.FloatField(null=True)),
                ('latitude', fields.FloatField(null=True)),
                ('longitude', fields.FloatField(null=True)),
                ('located_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('timezone', fields.TextField(default='Asia/Shanghai', unique=False)),
                ('shifts', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('ready', fields.BooleanField(default=True)),
            ],
            options={'table': 'technician', 'app': 'mendline', 'pk_attr': 'id', 'table_description': "A member who goes out (id = member's id)."},
            bases=['Record'],
        ),
    ]
