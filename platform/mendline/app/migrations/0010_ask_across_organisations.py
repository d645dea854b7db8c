"""Errands, subcontracts, stewardship and claims, and agreements told to the partner."""

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
    dependencies = [('mendline', '0009_add_feed')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ClaimCode',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('code_hash', fields.BinaryField()),
                ('made_by', fields.UUIDField()),
                ('failures', fields.IntField(default=0)),
                ('since', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'claim_code', 'app': 'mendline', 'pk_attr': 'id', 'table_description': "A hospital's claim code (id = the hospital): it has one at most, and a new one voids the last."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Errand',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('due_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('attempts', fields.IntField(default=0)),
                ('held_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('completed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('error', fields.TextField(null=True, unique=False)),
                ('correlation', fields.TextField(default='', unique=False)),
                ('asked_of', fields.UUIDField()),
                ('asked_by', fields.UUIDField()),
                ('command', fields.TextField(unique=False)),
                ('input', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('state', fields.TextField(default='asked', unique=False)),
                ('outcome', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'errand', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'recorded_at'])], 'pk_attr': 'id', 'table_description': 'What this organisation has asked of another, and what came of it.'},
            bases=['Queued'],
        ),
        ops.CreateModel(
            name='ReceivedAgreement',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('giver', fields.UUIDField()),
                ('agreement_id', fields.UUIDField()),
                ('card', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('part', fields.TextField(unique=False)),
                ('groups', ArrayField(element_type='TEXT')),
                ('device_classes', ArrayField(element_type='TEXT')),
                ('own_models', fields.BooleanField()),
                ('subcontracting', fields.BooleanField()),
                ('starts_on', fields.DateField()),
                ('ends_on', fields.DateField(null=True)),
                ('version', fields.BigIntField()),
                ('told_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'received_agreement', 'app': 'mendline', 'unique_together': (('tenant_id', 'giver', 'agreement_id'),), 'pk_attr': 'id', 'table_description': 'An agreement as the organisation that gives it last told of it: a copy, which grants nothing by itself.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Stewardship',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'stewardship', 'app': 'mendline', 'pk_attr': 'id', 'table_description': 'A hospital that this organisation keeps (id = that hospital), until it is claimed.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Subcontract',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('asked_by', fields.UUIDField()),
                ('subcontractor', fields.UUIDField()),
                ('card', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('reason', fields.TextField(default='', unique=False)),
                ('state', fields.TextField(default='asked', unique=False)),
                ('answer', fields.TextField(default='', unique=False)),
                ('child_id', fields.UUIDField(null=True)),
                ('asked_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'subcontract', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'ticket_id', 'asked_at']), Index(fields=['tenant_id', 'asked_at']), Index(fields=['tenant_id', 'state', 'asked_at'])], 'pk_attr': 'id', 'table_description': "One request of one provider, and the hospital's answer; seen by these two alone."},
            bases=['Record'],
        ),
        ops.AddField(
            model_name='Agreement',
            name='subcontracting',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Agreement',
            name='version',
            field=fields.BigIntField(default=1, db_default=1),
        ),
        ops.AlterModelOptions(
            name='TicketPeople',
            options={'table': 'ticket_people', 'app': 'mendline', 'pk_attr': 'id', 'table_description': 'Who reports, whom to ask at the ward and where, and who comes. caller_ward: where a caller said to be.'},
        ),
        ops.AddField(
            model_name='TicketPeople',
            name='caller_ward',
            field=fields.TextField(default='', db_default='', unique=False),
        ),
    ]
