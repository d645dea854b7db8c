"""Offer jobs."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('mendline', '0020_keep_people')]

    initial = False

    operations = [
        ops.AddField(
            model_name='JobOffer',
            name='answer_by',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='JobOffer',
            name='asked',
            field=fields.TextField(default='one', db_default='one', unique=False),
        ),
        ops.AddField(
            model_name='JobOffer',
            name='attempt',
            field=fields.IntField(default=1, db_default=1),
        ),
        ops.AddField(
            model_name='JobOffer',
            name='automatic',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='JobOffer',
            name='round_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='JobOffer',
            name='taken_by_name',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Suggestion',
            name='fallen_out',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='Suggestion',
            name='fit',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='Suggestion',
            name='weights',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='Suggestion',
            name='weights_version',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
