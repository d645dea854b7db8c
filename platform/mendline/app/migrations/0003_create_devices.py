"""Create devices."""

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
    dependencies = [('mendline', '0002_create_tenants')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Contract',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('provider_id', fields.UUIDField()),
                ('title', fields.TextField(unique=False)),
                ('device_classes', ArrayField(default=list, element_type='TEXT')),
                ('starts_on', fields.DateField()),
                ('ends_on', fields.DateField()),
                ('service_level', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('direct', fields.BooleanField(default=False)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'contract', 'app': 'mendline', 'pk_attr': 'id', 'table_description': 'A contract of the user facility with a provider.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ContractDevice',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('contract_id', fields.UUIDField()),
                ('device_id', fields.UUIDField()),
            ],
            options={'table': 'contract_device', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'device_id'])], 'pk_attr': 'id', 'table_description': 'A device that a contract names.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Device',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('model_id', fields.UUIDField()),
                ('asset_number', fields.TextField(unique=False)),
                ('serial', fields.TextField(null=True, unique=False)),
                ('lot', fields.TextField(null=True, unique=False)),
                ('place_id', fields.UUIDField(null=True)),
                ('state', fields.TextField(default='in_service', unique=False)),
                ('version', fields.BigIntField(default=1)),
                ('manufactured_on', fields.DateField(null=True)),
                ('purchased_on', fields.DateField(null=True)),
                ('warranty_until', fields.DateField(null=True)),
                ('backup_available', fields.BooleanField(default=False)),
                ('software_version', fields.TextField(null=True, unique=False)),
                ('system', fields.TextField(null=True, unique=False)),
                ('number', fields.TextField(null=True, unique=False)),
                ('last_repair', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('recorded_at', fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'device', 'app': 'mendline', 'unique_together': (('tenant_id', 'asset_number'), ('tenant_id', 'system', 'number')), 'indexes': [Index(fields=['tenant_id', 'serial']), Index(fields=['tenant_id', 'place_id']), Index(fields=['tenant_id', 'model_id'])], 'pk_attr': 'id', 'table_description': 'One unit. `asset_number` is what wards call it by; `system`/`number` is an external reference.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='DeviceModel',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('tenant_id', fields.UUIDField()),
                ('manufacturer_id', fields.UUIDField(null=True)),
                ('manufacturer', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('name', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('model_number', fields.TextField(unique=False)),
                ('device_identifier', fields.TextField(null=True, unique=False)),
                ('device_class', fields.TextField(unique=False)),
                ('function', fields.TextField(default='other', unique=False)),
                ('risk_nmpa', fields.TextField(null=True, unique=False)),
                ('risk_fda', fields.TextField(null=True, unique=False)),
                ('risk_eu', fields.TextField(null=True, unique=False)),
                ('mandatory_verification', fields.BooleanField(default=False)),
            ],
            options={'table': 'device_model', 'app': 'mendline', 'indexes': [Index(fields=['tenant_id', 'device_identifier'])], 'pk_attr': 'id', 'table_description': 'A type of device as the registry knows it.'},
            bases=['Record'],
        ),
    ]
