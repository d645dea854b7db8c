"""Create quality."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from mendline.kernel.clock import now
from mendline.kernel.ids import new_id
from tortoise.contrib.postgres.fields import ArrayField
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mendline', '0006_create_fieldwork')]

    initial = False

    operations = [
        ops.CreateModel(
            name='SignatureSlot',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('visible_to', ArrayField(null=True, element_type='UUID')),
                ('author_org', fields.UUIDField()),
                ('attempt', fields.IntField(default=1)),
                ('position', fields.IntField()),
                ('role', fields.TextField(unique=False)),
                ('meaning', fields.TextField(unique=False)),
                ('state', fields.TextField(default='waiting', unique=False)),
                ('signer_id', fields.UUIDField(null=True)),
                ('signer_name', fields.TextField(null=True, unique=False)),
                ('signed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('record_hash', fields.TextField(null=True, unique=False)),
                ('reason', fields.TextField(null=True, unique=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'signature_slot', 'app': 'mendline', 'unique_together': (('tenant_id', 'ticket_id', 'attempt', 'position'),), 'pk_attr': 'id', 'table_description': 'One slot of one attempt: the role that signs and the meaning of it; one winner.'},
            bases=['Record'],
        ),
    ]
