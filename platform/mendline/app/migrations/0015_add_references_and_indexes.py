"""Add references and indexes."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('mendline', '0014_limit_and_name_sessions')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Agreement',
            name='number',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Agreement',
            name='system',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddIndex(
            model_name='Agreement',
            index=Index(fields=['tenant_id', 'partner_id']),
        ),
        ops.AddConstraint(
            model_name='Agreement',
            constraint=UniqueConstraint(fields=('tenant_id', 'system', 'number'), name=None),
        ),
        ops.AddField(
            model_name='Contract',
            name='number',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Contract',
            name='system',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddIndex(
            model_name='Contract',
            index=Index(fields=['tenant_id', 'provider_id']),
        ),
        ops.AddIndex(
            model_name='Contract',
            index=Index(fields=['tenant_id', 'title']),
        ),
        ops.AddConstraint(
            model_name='Contract',
            constraint=UniqueConstraint(fields=('tenant_id', 'system', 'number'), name=None),
        ),
        ops.AddIndex(
            model_name='Device',
            index=Index(fields=['tenant_id', 'state', 'asset_number']),
        ),
        ops.AddIndex(
            model_name='Device',
            index=Index(fields=['tenant_id', 'recorded_at', 'id']),
        ),
        ops.AddField(
            model_name='DeviceModel',
            name='number',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='DeviceModel',
            name='system',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddIndex(
            model_name='DeviceModel',
            index=Index(fields=['tenant_id', 'model_number']),
        ),
        ops.AddIndex(
            model_name='DeviceModel',
            index=Index(fields=['tenant_id', 'device_class']),
        ),
        ops.AddConstraint(
            model_name='DeviceModel',
            constraint=UniqueConstraint(fields=('tenant_id', 'system', 'number'), name=None),
        ),
        ops.AddIndex(
            model_name='Member',
            index=Index(fields=['tenant_id', 'status', 'login']),
        ),
        ops.AddConstraint(
            model_name='Member',
            constraint=UniqueConstraint(fields=('tenant_id', 'system', 'number'), name=None),
        ),
        ops.AddField(
            model_name='Partner',
            name='number',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Partner',
            name='system',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddIndex(
            model_name='Partner',
            index=Index(fields=['tenant_id', 'code']),
        ),
        ops.AddIndex(
            model_name='Partner',
            index=Index(fields=['tenant_id', 'kind', 'code']),
        ),
        ops.AddConstraint(
            model_name='Partner',
            constraint=UniqueConstraint(fields=('tenant_id', 'system', 'number'), name=None),
        ),
        ops.AddIndex(
            model_name='Place',
            index=Index(fields=['tenant_id', 'kind']),
        ),
        ops.AddConstraint(
            model_name='Place',
            constraint=UniqueConstraint(fields=('tenant_id', 'system', 'number'), name=None),
        ),
        ops.AlterField(
            model_name='WorklistRow',
            name='priority',
            field=fields.BigIntField(),
        ),
        ops.AddIndex(
            model_name='WorklistRow',
            index=Index(fields=['tenant_id', 'opened_at', 'ticket_id']),
        ),
        ops.AddIndex(
            model_name='WorklistRow',
            index=Index(fields=['tenant_id', 'priority', 'opened_at', 'ticket_id']),
        ),
        ops.AddIndex(
            model_name='WorklistRow',
            index=Index(fields=['tenant_id', 'provider_id', 'changed_at', 'ticket_id']),
        ),
        ops.AddIndex(
            model_name='WorklistRow',
            index=Index(fields=['tenant_id', 'device_id', 'changed_at']),
        ),
        ops.AddIndex(
            model_name='WorklistRow',
            index=Index(fields=['tenant_id', 'kind', 'changed_at', 'ticket_id']),
        ),
        ops.AddIndex(
            model_name='WorklistRow',
            index=Index(fields=['tenant_id', 'part', 'changed_at', 'ticket_id']),
        ),
        ops.AddIndex(
            model_name='WorklistRow',
            index=Index(fields=['tenant_id', 'phase', 'priority', 'opened_at', 'ticket_id']),
        ),
        # What is never due comes last; a model's index holds columns alone.
        ops.RunSQL(
            "CREATE INDEX worklist_due ON worklist (tenant_id, coalesce(due_at, 'infinity'::timestamptz), ticket_id);"
            " CREATE INDEX worklist_phase_due"
            " ON worklist (tenant_id, phase, coalesce(due_at, 'infinity'::timestamptz), ticket_id)",
            reverse_sql="DROP INDEX worklist_due, worklist_phase_due",
        ),
    ]
