"""Keep people."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mendline', '0018_complete_intake')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Absence',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('member_id', fields.UUIDField()),
                ('kind', fields.TextField(unique=False)),
                ('starts_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ends_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('reason', fields.TextField(default='', unique=False)),
                ('state', fields.TextField(default='asked', unique=False)),
                ('asked_by', fields.UUIDField()),
                ('answer', fields.TextField(default='', unique=False)),
                ('answered_by', fields.UUIDField(null=True)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('version', fields.BigIntField(default=1)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'absence', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'starts_at']), Index(fields=['tenant_id', 'state', 'starts_at']), Index(fields=['tenant_id', 'member_id', 'starts_at'])], 'pk_attr': 'id', 'table_description': 'That a member is not there from a moment to another; only an approved one counts.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='BusyConsent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('member_id', fields.UUIDField()),
                ('organisation', fields.UUIDField()),
                ('told', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('version', fields.BigIntField(default=1)),
                ('errand_id', fields.UUIDField(null=True)),
                ('withdrawn_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'busy_consent', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'member_id', 'recorded_at']), Index(fields=['tenant_id', 'recorded_at'])], 'pk_attr': 'id', 'table_description': 'That a member lets another organisation, in which the same chat account is linked, know when it is busy here.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='BusyElsewhere',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('technician_id', fields.UUIDField()),
                ('source', fields.UUIDField()),
                ('spans', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('numbered', fields.BigIntField()),
                ('told_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'busy_elsewhere', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'technician_id'])], 'pk_attr': 'id', 'table_description': "When a technician is busy in another organisation, as it was told there by the person's consent (id: of that)."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='DutyCover',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('rota_id', fields.UUIDField()),
                ('member_id', fields.UUIDField()),
                ('level', fields.BigIntField(default=0)),
                ('starts_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ends_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('reason', fields.TextField(default='', unique=False)),
                ('recorded_by', fields.UUIDField()),
                ('withdrawn_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'duty_cover', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'rota_id', 'starts_at']), Index(fields=['tenant_id', 'member_id', 'starts_at'])], 'pk_attr': 'id', 'table_description': 'That a member stands in on a rota from a moment to another, at a level (0: as primary). reason: its own words.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='DutyRota',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('code', fields.TextField(unique=False)),
                ('name', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('kind', fields.TextField(unique=False)),
                ('place_id', fields.UUIDField(null=True)),
                ('zone', fields.TextField(unique=False)),
                ('starts_on', fields.DateField()),
                ('ends_on', fields.DateField(null=True)),
                ('cycle_days', fields.BigIntField()),
                ('handovers', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('version', fields.BigIntField(default=1)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'duty_rota', 'app': 'mendline', 'unique_together': (('tenant_id', 'code'),), 'indexes': [Index(fields=['tenant_id', 'kind', 'code']), Index(fields=['tenant_id', 'place_id', 'code'])], 'pk_attr': 'id', 'table_description': 'A rota of an organisation, found again by its code.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ShiftPeriod',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('technician_id', fields.UUIDField()),
                ('valid_from', fields.DateField()),
                ('valid_until', fields.DateField(null=True)),
                ('hours', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('breaks', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('country', fields.TextField(null=True, unique=False)),
                ('withdrawn_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('version', fields.BigIntField(default=1)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'shift_period', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'technician_id', 'valid_from']), Index(fields=['tenant_id', 'valid_from'])], 'pk_attr': 'id', 'table_description': "A technician's shifts from one day to another (both included; None: for good), in the technician's own zone."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Territory',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('code', fields.TextField(unique=False)),
                ('name', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('areas', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('version', fields.BigIntField(default=1)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'territory', 'app': 'mendline', 'unique_together': (('tenant_id', 'code'),), 'pk_attr': 'id', 'table_description': 'A named part of the world, found again by its code: areas as in `Area`. Without areas it covers no place.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='TerritoryTechnician',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('territory_id', fields.UUIDField()),
                ('technician_id', fields.UUIDField()),
            ],
            options={'table': 'territory_technician', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'territory_id']), Index(fields=['tenant_id', 'technician_id'])], 'pk_attr': 'id', 'table_description': 'That a technician serves a territory.'},
            bases=['Record'],
        ),
        ops.AlterModelOptions(
            name='Qualification',
            options={'table': 'qualification', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'device_class']), Index(fields=['tenant_id', 'technician_id']), Index(fields=['tenant_id', 'expires_on'])], 'pk_attr': 'id', 'table_description': 'That a technician may work on a device class (or one model of it), until a day.'},
        ),
        ops.AddIndex(
            model_name='Qualification',
            index=Index(fields=['tenant_id', 'expires_on']),
        ),
        ops.AddField(
            model_name='Technician',
            name='not_ready_reason',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Technician',
            name='not_ready_until',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
