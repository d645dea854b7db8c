"""Name evidence authors."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mendline', '0011_create_read_log')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Evidence',
            name='author_name',
            field=fields.TextField(default='', unique=False),
        ),
    ]
