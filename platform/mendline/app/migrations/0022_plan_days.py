"""Plan days."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mendline', '0021_offer_jobs')]

    initial = False

    operations = [
        ops.CreateModel(
            name='DayPlan',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('day', fields.TextField(unique=False)),
                ('edition', fields.BigIntField()),
                ('state', fields.TextField(default='asked', unique=False)),
                ('cause', fields.TextField(default='asked', unique=False)),
                ('cause_number', fields.TextField(default='', unique=False)),
                ('asked_by', fields.UUIDField()),
                ('based_on', fields.UUIDField(null=True)),
                ('afresh', fields.BooleanField(default=False)),
                ('automatic', fields.BooleanField(default=False)),
                ('timezone', fields.TextField(unique=False)),
                ('epoch', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('begins_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('problem', fields.BinaryField(null=True)),
                ('relaxed', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('distances', fields.TextField(default='', unique=False)),
                ('fallback', fields.TextField(default='', unique=False)),
                ('figures', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('unserved', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('moves', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('failure', fields.TextField(default='', unique=False)),
                ('asked_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('solved_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('published_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'day_plan', 'app': 'mendline', 'unique_together': (('tenant_id', 'day', 'edition'),), 'indexes': [Index(fields=['tenant_id', 'asked_at', 'id']), Index(fields=['tenant_id', 'state', 'day'])], 'pk_attr': 'id', 'table_description': "One edition of one day's plan of a provider; editions count for each day."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='DayPlanStop',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('plan_id', fields.UUIDField()),
                ('technician_id', fields.UUIDField()),
                ('technician_name', fields.TextField(unique=False)),
                ('sequence', fields.BigIntField()),
                ('kind', fields.TextField(default='visit', unique=False)),
                ('progress', fields.TextField(default='planned', unique=False)),
                ('owner_id', fields.UUIDField(null=True)),
                ('ticket_id', fields.UUIDField(null=True)),
                ('number', fields.TextField(default='', unique=False)),
                ('priority', fields.IntField(null=True)),
                ('place', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('device', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('latitude', fields.FloatField(null=True)),
                ('longitude', fields.FloatField(null=True)),
                ('travel', fields.IntField(default=0)),
                ('arrives_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('begins_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ends_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('windows', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('locked', fields.BooleanField(default=False)),
            ],
            options={'table': 'day_plan_stop', 'app': 'mendline', 'unique_together': (('tenant_id', 'plan_id', 'technician_id', 'sequence'),), 'indexes': [Index(fields=['tenant_id', 'owner_id', 'ticket_id']), Index(fields=['tenant_id', 'begins_at', 'id'])], 'pk_attr': 'id', 'table_description': "One stop of a technician's day: a visit, parts fetched for one, or a rest."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='VisitTerms',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('owner_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('minutes', fields.IntField(null=True)),
                ('pickup_name', fields.TextField(default='', unique=False)),
                ('pickup_latitude', fields.FloatField(null=True)),
                ('pickup_longitude', fields.FloatField(null=True)),
                ('pickup_minutes', fields.IntField(default=10)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'visit_terms', 'app': 'mendline', 'unique_together': (('tenant_id', 'owner_id', 'ticket_id'),), 'pk_attr': 'id', 'table_description': 'What a dispatcher has said of the visit for a ticket: how long it takes, and where its parts are fetched first.'},
            bases=['Record'],
        ),
    ]
