"""Add feed."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from mendline.kernel.ids import new_id
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('mendline', '0008_create_bots')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Tombstone',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('owner_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('changed_in', fields.BigIntField()),
                ('gone_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'tombstone', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'changed_in', 'owner_id', 'ticket_id']), Index(fields=['gone_at'])], 'pk_attr': 'id', 'table_description': 'A ticket that the organisation saw once and sees no more: its ids, when it went, and nothing else of it.'},
            bases=['Record'],
        ),
        ops.AddField(
            model_name='WorklistRow',
            name='changed_in',
            field=fields.BigIntField(db_default=0),
        ),
        ops.AddIndex(
            model_name='WorklistRow',
            index=Index(fields=['tenant_id', 'changed_in', 'owner_id', 'ticket_id']),
        ),
    ]
