"""Keep clocks."""

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
    dependencies = [('mendline', '0015_add_references_and_indexes')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ClockNotice',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('owner_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('number', fields.TextField(unique=False)),
                ('clock', fields.TextField(unique=False)),
                ('level', fields.TextField(unique=False)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('roles', ArrayField(element_type='TEXT')),
                ('told', fields.TextField(null=True, unique=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'clock_notice', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'recorded_at'])], 'pk_attr': 'id', 'table_description': "That this organisation's people with one of these roles are to be told of a clock of a ticket."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Estimate',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('estimated', fields.TextField(unique=False)),
                ('expected_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('before_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.TextField(default='', unique=False)),
                ('attempt', fields.IntField(default=1)),
                ('occurred_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('claimed', fields.BooleanField(default=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'estimate', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'ticket_id', 'recorded_at'])], 'pk_attr': 'id', 'table_description': 'One revision: what is expected when, what was expected before (None: nothing), and why it changed.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ServiceCalendar',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('code', fields.TextField(unique=False)),
                ('name', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('zone', fields.TextField(unique=False)),
                ('hours', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('breaks', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('country', fields.TextField(null=True, unique=False)),
                ('opened', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('closed', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('always', fields.BooleanField(default=False)),
                ('version', fields.BigIntField(default=1)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'service_calendar', 'app': 'mendline', 'unique_together': (('tenant_id', 'code'),), 'pk_attr': 'id', 'table_description': 'A calendar of one organisation, found again by its code.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='TicketClock',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('clock', fields.TextField(unique=False)),
                ('calendar', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('telling', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('minutes', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('pauses', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('state', fields.TextField(unique=False)),
                ('started_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('target', fields.BigIntField(null=True)),
                ('used', fields.BigIntField(default=0)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('warn_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('stopped_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('met', fields.BooleanField(null=True)),
                ('provisional', fields.BooleanField(default=False)),
                ('claimed', fields.BooleanField(default=False)),
                ('reckoned_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('warned_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('escalated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'ticket_clock', 'app': 'mendline', 'unique_together': (('tenant_id', 'ticket_id', 'clock'),), 'pk_attr': 'id', 'table_description': 'One clock of a ticket: what was agreed when it was opened, and what it showed when it last changed.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='TicketClockEvent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('seq', fields.BigIntField()),
                ('clock', fields.TextField(null=True, unique=False)),
                ('kind', fields.TextField(unique=False)),
                ('occurred_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('claimed', fields.BooleanField(default=False)),
                ('minutes', fields.IntField(null=True)),
                ('reason', fields.TextField(default='', unique=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'ticket_clock_event', 'app': 'mendline', 'unique_together': (('tenant_id', 'ticket_id', 'seq'),), 'pk_attr': 'id', 'table_description': "One event of a ticket's clocks, as `clock.ClockEvent`; clock: which one, None for all of them."},
            bases=['Record'],
        ),
        ops.AddField(
            model_name='Contract',
            name='calendar_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Contract',
            name='tier',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Ticket',
            name='completion_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
