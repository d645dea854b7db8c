"""Rows that were narrowed stay so; likenesses that were shown to more than hold both tickets are taken back."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

_NAMED = ("quotation", "quotation_outcome", "subcontract", "ticket_likeness")
"""Tables whose authors have named who sees each row."""

_GROUPED = {
    "audit_entry": "progress",
    "entitlement_entry": "commercial",
    "estimate": "progress",
    "evidence": "messages",
    "ticket_loan": "progress",
    "service_report": "quality",
    "signature_slot": "quality",
    "ticket_clinical": "clinical",
    "ticket_clock": "progress",
    "ticket_clock_event": "progress",
    "ticket_commercial": "commercial",
    "ticket_message": "messages",
    "ticket_participant": "progress",
    "ticket_people": "people",
    "ticket_quality": "quality",
    "ticket_vigilance": "vigilance",
    "visit": "progress",
}
"""The others; there a row that fewer see than hold its group was narrowed."""

_FEWER = """
UPDATE "{table}" c SET narrowed = true FROM ticket t WHERE t.tenant_id = c.tenant_id AND t.id = c.ticket_id
 AND NOT c.visible_to @> ARRAY(SELECT h::uuid FROM jsonb_array_elements_text(t.audience->'{group}') AS h)"""

_SIDES = """
UPDATE "{table}" c SET visible_to = ARRAY(SELECT v FROM unnest(c.visible_to) AS v WHERE v IN (t.tenant_id, t.provider_id))
 FROM ticket t WHERE t.tenant_id = c.tenant_id AND t.id = c.ticket_id"""

_BOTH = """
UPDATE ticket_likeness c SET visible_to = ARRAY(SELECT v FROM unnest(c.visible_to) AS v
 WHERE v = o.tenant_id OR o.audience->'clinical' ? v::text)
 FROM ticket o WHERE o.tenant_id = c.tenant_id AND o.id = c.other_id"""


def _backfill() -> list[str]:
    """The owner is under row-level security too: it is not forced for as long as this takes."""
    touched = ("ticket", *_NAMED, *_GROUPED)
    return [
        *(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY' for table in touched),
        *(f'UPDATE "{table}" SET narrowed = true' for table in _NAMED),
        *(_SIDES.format(table=table) for table in _NAMED if table != "ticket_likeness"),
        _BOTH,
        *(_FEWER.format(table=table, group=group) for table, group in _GROUPED.items()),
        *(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY' for table in touched),
    ]


class Migration(migrations.Migration):
    dependencies = [('mendline', '0024_complete_matching')]

    initial = False

    operations = [
        ops.AddField(
            model_name='AuditEntry',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='EntitlementEntry',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Estimate',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Evidence',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Quotation',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='QuotationOutcome',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='ServiceReport',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='SignatureSlot',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Subcontract',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketClinical',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketClock',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketClockEvent',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketCommercial',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketLikeness',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddIndex(
            model_name='TicketLikeness',
            index=Index(fields=['tenant_id', 'other_id']),
        ),
        ops.AddField(
            model_name='TicketLoan',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketMessage',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketParticipant',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketPeople',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketQuality',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='TicketVigilance',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Visit',
            name='narrowed',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.RemoveField(model_name="ClaimCode", name="failures"),
        ops.RemoveField(model_name="ClaimCode", name="since"),
        ops.RunSQL(
            "CREATE INDEX ticket_participant_ends ON ticket_participant (ends_at) WHERE ends_at IS NOT NULL",
            reverse_sql="DROP INDEX ticket_participant_ends",
        ),
        *(ops.RunSQL(sql, reverse_sql="SELECT 1") for sql in _backfill()),
    ]
