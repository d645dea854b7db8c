"""Rows that were narrowed stay so; likenesses that were shown to more than hold both tickets are taken back."""

from tortoise import migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    dependencies = [('mendline', '0024_complete_matching')]

    initial = False

    operations = [
        ops.RemoveField(model_name="ClaimCode", name="failures"),
        ops.RemoveField(model_name="ClaimCode", name="since"),
    ]
