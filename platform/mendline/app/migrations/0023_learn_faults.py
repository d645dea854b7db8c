"""Learn faults."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mendline', '0022_plan_days')]

    initial = False

    operations = [
        ops.CreateModel(
            name='FaultModel',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('number', fields.BigIntField()),
                ('state', fields.TextField(unique=False)),
                ('cause', fields.TextField(unique=False)),
                ('asked_by', fields.UUIDField(null=True)),
                ('texts', fields.IntField()),
                ('closed', fields.IntField()),
                ('macro_f1', fields.FloatField(null=True)),
                ('ece', fields.FloatField(null=True)),
                ('cut_off', fields.FloatField(null=True)),
                ('figures', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('worse_than', fields.BigIntField(null=True)),
                ('failure', fields.TextField(default='', unique=False)),
                ('model', fields.BinaryField()),
                ('learned_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'fault_model', 'app': 'mendline', 'unique_together': (('tenant_id', 'number'),), 'indexes': [Index(fields=['tenant_id', 'state'])], 'pk_attr': 'id', 'table_description': "One version of an organisation's model; `number` counts from 1. Bytes and figures never change."},
            bases=['Record'],
        ),
        ops.AddField(
            model_name='TicketClinical',
            name='fault_proposal',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
    ]
