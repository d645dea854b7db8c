"""Complete intake."""

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
    dependencies = [('mendline', '0017_deepen_registry')]

    initial = False

    operations = [
        ops.CreateModel(
            name='EntitlementEntry',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('author_id', fields.UUIDField()),
                ('author_role', fields.TextField(unique=False)),
                ('seq', fields.IntField()),
                ('kind', fields.TextField(unique=False)),
                ('entitlement', fields.TextField(unique=False)),
                ('misuse', fields.BooleanField(default=False)),
                ('contract_id', fields.UUIDField(null=True)),
                ('service_level', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('found', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('reason', fields.TextField(default='', unique=False)),
                ('occurred_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'entitlement_entry', 'app': 'mendline', 'unique_together': (('tenant_id', 'ticket_id', 'seq'),), 'pk_attr': 'id', 'table_description': 'One entry. entitlement, misuse: what was found, decided, or is wanted by who disputes.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Quotation',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('author_id', fields.UUIDField()),
                ('revision', fields.IntField()),
                ('currency', fields.TextField(unique=False)),
                ('amount', fields.BigIntField()),
                ('lines', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('remark', fields.TextField(default='', unique=False)),
                ('valid_until', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('resumes', fields.TextField(unique=False)),
                ('occurred_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'quotation', 'app': 'mendline', 'unique_together': (('tenant_id', 'ticket_id', 'revision'),), 'pk_attr': 'id', 'table_description': "One offer of the ticket's provider, which is never changed; seen by it and the user facility alone."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='QuotationOutcome',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('author_id', fields.UUIDField()),
                ('outcome', fields.TextField(unique=False)),
                ('reason', fields.TextField(default='', unique=False)),
                ('occurred_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'quotation_outcome', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'ticket_id'])], 'pk_attr': 'id', 'table_description': "What became of a quotation, once: the user facility's answer, or the provider's word that it stands no more."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='TicketLikeness',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('other_id', fields.UUIDField()),
                ('kind', fields.TextField(unique=False)),
                ('score', fields.IntField()),
                ('alike', fields.IntField()),
                ('days', fields.IntField()),
                ('words', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('reasons', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'ticket_likeness', 'app': 'mendline', 'unique_together': (('tenant_id', 'ticket_id', 'other_id'),), 'pk_attr': 'id', 'table_description': 'That another ticket of the user facility may tell of the same fault, as it was seen when this one was opened.'},
            bases=['Record'],
        ),
        ops.AddField(
            model_name='Ticket',
            name='duplicate_of_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='TicketClinical',
            name='fault_code',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AlterModelOptions(
            name='TicketCommercial',
            options={'table': 'ticket_commercial', 'app': 'mendline', 'pk_attr': 'id', 'table_description': 'Who pays: the entitlement as it now stands with its reason, and the contract.'},
        ),
        ops.AddField(
            model_name='TicketCommercial',
            name='disputed_by',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='TicketCommercial',
            name='misuse',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketCommercial',
            name='quotation_needed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AlterModelOptions(
            name='TicketPeople',
            options={'table': 'ticket_people', 'app': 'mendline', 'pk_attr': 'id', 'table_description': 'Who reports, whom to ask at the ward and where, and who comes.'},
        ),
        ops.AddField(
            model_name='TicketPeople',
            name='place_note',
            field=fields.TextField(default='', db_default='', unique=False),
        ),
    ]
