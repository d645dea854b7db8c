"""Keep checkpoints."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise.contrib.postgres.fields import ArrayField
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mendline', '0012_name_evidence_authors')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AuditCheckpoint',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('number', fields.BigIntField()),
                ('start', fields.BigIntField()),
                ('size', fields.IntField()),
                ('root', fields.BinaryField()),
                ('statement', fields.TextField(unique=False)),
                ('key_id', fields.TextField(unique=False)),
                ('taken_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('covers_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'audit_checkpoint', 'app': 'mendline', 'unique_together': (('tenant_id', 'number'),), 'pk_attr': 'id', 'table_description': 'A checkpoint of this organisation: the signed statement and what it says (see Statement).'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='AuditLeaf',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('position', fields.BigIntField()),
                ('ticket_id', fields.UUIDField(null=True)),
                ('seq', fields.BigIntField(null=True)),
                ('hash', fields.BinaryField()),
            ],
            options={'table': 'audit_leaf', 'app': 'mendline', 'unique_together': (('tenant_id', 'position'),), 'indexes': [Index(fields=['tenant_id', 'ticket_id', 'seq'])], 'pk_attr': 'id', 'table_description': "What one leaf of a checkpoint's tree stands for; its id is the entry's."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='WitnessedCheckpoint',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('organisation', fields.UUIDField()),
                ('number', fields.BigIntField()),
                ('statement', fields.TextField(unique=False)),
                ('key_id', fields.TextField(unique=False)),
                ('taken_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('received_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'witnessed_checkpoint', 'app': 'mendline', 'unique_together': (('tenant_id', 'organisation', 'number'),), 'indexes': [Index(fields=['tenant_id', 'received_at', 'id']), Index(fields=['organisation', 'number'])], 'pk_attr': 'id', 'table_description': "A checkpoint of an organisation (of another, or this one's own) as this organisation was told it."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='WitnessedTicket',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('organisation', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('number', fields.BigIntField()),
                ('seq', fields.BigIntField()),
                ('hash', fields.BinaryField()),
                ('position', fields.IntField()),
                ('path', ArrayField(element_type='TEXT')),
            ],
            options={'table': 'witnessed_ticket', 'app': 'mendline', 'pk_attr': 'id', 'table_description': 'The newest entry of a ticket that a witnessed checkpoint covers, and the proof.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='AuditExport',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('state', fields.TextField(default='asked', unique=False)),
                ('format', fields.TextField(unique=False)),
                ('since', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('until', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('asked_by', fields.UUIDField()),
                ('asked_by_name', fields.TextField(unique=False)),
                ('asked_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ('rows', fields.BigIntField(default=0)),
                ('key', fields.TextField(unique=False)),
                ('size', fields.BigIntField(null=True)),
                ('sha256', fields.TextField(null=True, unique=False)),
                ('statement', fields.TextField(null=True, unique=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'audit_export', 'app': 'mendline', 'pk_attr': 'id', 'table_description': 'An export of what was recorded from `since` until before `until`.'},
            bases=['Record'],
        ),
        ops.AddIndex(
            model_name='AuditEntry',
            index=Index(fields=['tenant_id', 'recorded_at', 'id']),
        ),
        ops.AddIndex(
            model_name='AuditEntry',
            index=Index(fields=['tenant_id', 'command', 'recorded_at', 'id']),
        ),
        ops.AddIndex(
            model_name='AuditEntry',
            index=Index(fields=['tenant_id', 'actor', 'recorded_at', 'id']),
        ),
        ops.AddIndex(
            model_name='AuditEntry',
            index=Index(fields=['tenant_id', 'channel', 'recorded_at', 'id']),
        ),
        ops.RemoveIndex(
            model_name='OrganisationAudit',
            name=None,
            fields=['tenant_id', 'recorded_at'],
        ),
        ops.AddIndex(
            model_name='OrganisationAudit',
            index=Index(fields=['tenant_id', 'recorded_at', 'id']),
        ),
        ops.AddIndex(
            model_name='OrganisationAudit',
            index=Index(fields=['tenant_id', 'command', 'recorded_at', 'id']),
        ),
        ops.AddIndex(
            model_name='OrganisationAudit',
            index=Index(fields=['tenant_id', 'actor', 'recorded_at', 'id']),
        ),
        ops.AddIndex(
            model_name='OrganisationAudit',
            index=Index(fields=['tenant_id', 'channel', 'recorded_at', 'id']),
        ),
    ]
