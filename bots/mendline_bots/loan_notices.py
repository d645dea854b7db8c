"""Loans that are due, told to who lends, with a button that takes the unit back."""

from zoneinfo import ZoneInfo

from mendline.kernel import Envelope, consumer, opaque, say, transaction
from mendline.tickets import LoanDue
from mendline_bots.duty import people_meant
from mendline_bots.messages import Message, plain
from mendline_bots.notices import Choice, tell_members
from mendline_tenants import Actor

LENDERS = ("clinical_engineer", "service_desk", "dispatcher")
"""Clinical engineering of a hospital; the desk of a vendor."""


@consumer("chat.loan_due", LoanDue)
async def loan_due(envelope: Envelope) -> None:
    """Who lends hears that a unit should be back."""
    happened: LoanDue = envelope.event
    async with transaction(happened.tenant):
        people = await people_meant(happened.tenant, LENDERS, escalated=False)

    def write(actor: Actor, zone: ZoneInfo) -> Message:
        due = f"{happened.due_at.astimezone(zone):%m-%d %H:%M}"
        name = "push.loan_due_for" if happened.number else "push.loan_due"
        asset = plain(happened.asset_number)
        return Message(text=say(name, actor.locale, asset_number=asset, number=happened.number, at=due))

    meant = {"device": opaque("dv", happened.tenant, happened.device)}
    choices = (Choice("button.take_back_unit", "take_back_unit", meant, form=True),)
    await tell_members(happened.tenant, people, f"event:{envelope.id}", write, choices)
