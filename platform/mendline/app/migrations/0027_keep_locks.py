"""A lock is about the moment that it was made for, and a plan says which locks it does not keep."""

import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

_TOLD = "UPDATE day_plan_stop SET locked_for = begins_at WHERE locked"


class Migration(migrations.Migration):
    dependencies = [("mendline", "0026_keep_outcomes")]

    initial = False

    operations = [
        ops.AddField(
            model_name="DayPlan",
            name="broken_locks",
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name="DayPlanStop",
            name="locked_for",
            field=fields.DatetimeField(null=True),
        ),
        ops.RunSQL("ALTER TABLE day_plan_stop NO FORCE ROW LEVEL SECURITY", reverse_sql="SELECT 1"),
        ops.RunSQL(_TOLD, reverse_sql="SELECT 1"),
        ops.RunSQL("ALTER TABLE day_plan_stop FORCE ROW LEVEL SECURITY", reverse_sql="SELECT 1"),
    ]
