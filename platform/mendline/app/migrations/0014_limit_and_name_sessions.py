"""Limit and name sessions."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from mendline.kernel.ids import new_id
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mendline', '0013_keep_checkpoints')]

    initial = False

    operations = [
        ops.CreateModel(
            name='QuotaSet',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('per_second', fields.IntField(null=True)),
                ('burst', fields.IntField(null=True)),
                ('sockets', fields.IntField(null=True)),
                ('trusted_documents', fields.BooleanField(default=False)),
            ],
            options={'table': 'quota', 'app': 'mendline', 'pk_attr': 'id', 'table_description': 'What the operator has set for one organisation (id = tenant_id); NULL: what holds for all.'},
            bases=['Record'],
        ),
        ops.AddField(
            model_name='ApiKey',
            name='trusted_documents',
            field=fields.BooleanField(default=False),
        ),
        ops.AddField(
            model_name='LoginSession',
            name='agent',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='LoginSession',
            name='network',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
