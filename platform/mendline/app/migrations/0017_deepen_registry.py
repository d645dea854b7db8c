"""Deepen registry."""

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
    dependencies = [('mendline', '0016_keep_clocks')]

    initial = False

    operations = [
        ops.CreateModel(
            name='DeviceEvent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('device_id', fields.UUIDField()),
                ('happened', fields.TextField(unique=False)),
                ('facts', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('ticket_tenant', fields.UUIDField(null=True)),
                ('ticket_id', fields.UUIDField(null=True)),
                ('actor', fields.UUIDField()),
                ('actor_name', fields.TextField(default='', unique=False)),
                ('occurred_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'device_event', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'device_id', 'occurred_at', 'id'])], 'pk_attr': 'id', 'table_description': "One line of a unit's history: what happened, the facts of it, who did it, and for which ticket."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='DeviceLoan',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('device_id', fields.UUIDField()),
                ('ticket_tenant', fields.UUIDField(null=True)),
                ('ticket_id', fields.UUIDField(null=True)),
                ('ticket_number', fields.TextField(null=True, unique=False)),
                ('place_id', fields.UUIDField(null=True)),
                ('from_id', fields.UUIDField(null=True)),
                ('out_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('returned_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('condition', fields.TextField(default='', unique=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'device_loan', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'device_id', 'out_at', 'id']), Index(fields=['tenant_id', 'ticket_id']), Index(fields=['tenant_id', 'out_at'])], 'pk_attr': 'id', 'table_description': "A loan in the lender's own book: a unit, for which ticket, until when, and in what condition it came back."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='DevicePart',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('device_id', fields.UUIDField()),
                ('part_number', fields.TextField(unique=False)),
                ('name', fields.TextField(default='', unique=False)),
                ('serial', fields.TextField(null=True, unique=False)),
                ('lot', fields.TextField(null=True, unique=False)),
                ('quantity', fields.IntField(default=1)),
                ('fitted_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('fitted_ticket_id', fields.UUIDField(null=True)),
                ('removed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('removed_ticket_id', fields.UUIDField(null=True)),
                ('removed_why', fields.TextField(null=True, unique=False)),
                ('version', fields.BigIntField(default=1)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'device_part', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'device_id', 'fitted_at', 'id']), Index(fields=['tenant_id', 'part_number']), Index(fields=['tenant_id', 'serial']), Index(fields=['tenant_id', 'lot']), Index(fields=['tenant_id', 'fitted_at', 'id'])], 'pk_attr': 'id', 'table_description': 'A part in a unit. fitted_ticket_id, removed_ticket_id: the ticket for which that was done.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='RegulatoryDocument',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('kind', fields.TextField(unique=False)),
                ('number', fields.TextField(unique=False)),
                ('title', fields.TextField(default='', unique=False)),
                ('issuer', fields.TextField(default='', unique=False)),
                ('model_id', fields.UUIDField(null=True)),
                ('device_id', fields.UUIDField(null=True)),
                ('organisation_id', fields.UUIDField(null=True)),
                ('issued_on', fields.DateField(null=True)),
                ('expires_on', fields.DateField(null=True)),
                ('ends_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('warned_days', fields.IntField(null=True)),
                ('withdrawn_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('withdrawn_why', fields.TextField(null=True, unique=False)),
                ('replaced_by', fields.UUIDField(null=True)),
                ('version', fields.BigIntField(default=1)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'regulatory_document', 'app': 'mendline', 'unique_together': (('tenant_id', 'kind', 'number'),), 'indexes': [Index(fields=['tenant_id', 'number']), Index(fields=['tenant_id', 'model_id']), Index(fields=['tenant_id', 'device_id']), Index(fields=['tenant_id', 'organisation_id'])], 'pk_attr': 'id', 'table_description': 'One document, found again by its kind and number; it is for a model, a unit, an organisation, or several.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='TicketLoan',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('device_id', fields.UUIDField()),
                ('device_card', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('pool', fields.TextField(unique=False)),
                ('out_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('returned_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'ticket_loan', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'ticket_id', 'out_at'])], 'pk_attr': 'id', 'table_description': "A unit that stands in while the ticket's device is away; the lender keeps its own book of it (`device_loan`)."},
            bases=['Record'],
        ),
        ops.AddField(
            model_name='Device',
            name='belongs_as',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Device',
            name='duplicates',
            field=ArrayField(null=True, element_type='UUID'),
        ),
        ops.AddField(
            model_name='Device',
            name='loan_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Device',
            name='mandatory_verification',
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name='Device',
            name='merged_into',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Device',
            name='owner_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Device',
            name='owning_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Device',
            name='parent_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Device',
            name='pool',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Device',
            name='storing_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Device',
            name='using_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Device',
            name='verification_due_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Device',
            name='verified_on',
            field=fields.DateField(null=True),
        ),
        ops.AddIndex(
            model_name='Device',
            index=Index(fields=['tenant_id', 'owning_id']),
        ),
        ops.AddIndex(
            model_name='Device',
            index=Index(fields=['tenant_id', 'using_id']),
        ),
        ops.AddIndex(
            model_name='Device',
            index=Index(fields=['tenant_id', 'storing_id']),
        ),
        ops.AddIndex(
            model_name='Device',
            index=Index(fields=['tenant_id', 'parent_id']),
        ),
        ops.AddIndex(
            model_name='Device',
            index=Index(fields=['tenant_id', 'pool', 'asset_number']),
        ),
        ops.AddIndex(
            model_name='Device',
            index=Index(fields=['tenant_id', 'merged_into']),
        ),
        ops.AddIndex(
            model_name='Device',
            index=Index(fields=['tenant_id', 'verification_due_at', 'id']),
        ),
        # What has no end comes last; a model's index holds columns alone.
        ops.RunSQL(
            "CREATE INDEX regulatory_document_ends"
            " ON regulatory_document (tenant_id, coalesce(ends_at, 'infinity'::timestamptz), id)",
            reverse_sql="DROP INDEX regulatory_document_ends",
        ),
    ]
