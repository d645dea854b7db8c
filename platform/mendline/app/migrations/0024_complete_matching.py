"""Complete matching."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mendline', '0023_learn_faults')]

    initial = False

    operations = [
        ops.CreateModel(
            name='DutyHandover',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('rota_id', fields.UUIDField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('outgoing', fields.UUIDField(null=True)),
                ('incoming', fields.UUIDField()),
                ('listed', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('total', fields.BigIntField(default=0)),
                ('state', fields.TextField(default='waiting', unique=False)),
                ('reminded', fields.BigIntField(default=0)),
                ('confirmed_by', fields.UUIDField(null=True)),
                ('confirmed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('note', fields.TextField(default='', unique=False)),
                ('version', fields.BigIntField(default=1)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'duty_handover', 'app': 'mendline', 'unique_together': (('tenant_id', 'rota_id', 'at'),), 'indexes': [Index(fields=['tenant_id', 'at', 'id']), Index(fields=['tenant_id', 'rota_id', 'state']), Index(fields=['tenant_id', 'state', 'at'])], 'pk_attr': 'id', 'table_description': 'That somebody has taken over on a rota at a moment.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Proof',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('filename', fields.TextField(unique=False)),
                ('media_type', fields.TextField(unique=False)),
                ('size', fields.BigIntField()),
                ('sha256', fields.TextField(unique=False)),
                ('key', fields.TextField(unique=False)),
                ('state', fields.TextField(default='awaited', unique=False)),
                ('uploaded_by', fields.UUIDField()),
                ('stored_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'proof', 'app': 'mendline', 'pk_attr': 'id', 'table_description': 'One scan: `awaited` while its upload is under way, `stored` once S3 has the very bytes (SHA-256 in hex).'},
            bases=['Record'],
        ),
        ops.AddField(
            model_name='DeviceModel',
            name='authorised_only',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='JobOffer',
            name='ended_by',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='JobOffer',
            name='ended_why',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Qualification',
            name='proof_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='RegulatoryDocument',
            name='proof_id',
            field=fields.UUIDField(null=True),
        ),
    ]
