"""Everything that the chat front doors register: tables, verbs, consumers, sentences. Importing it opens them."""

from mendline.kernel import register_locales
from mendline_bots import housekeeping as _housekeeping  # noqa: F401 - registers its job
from mendline_bots.administrators import key_expires, key_made
from mendline_bots.buttons import ChatButton
from mendline_bots.cards import ChatCard
from mendline_bots.channel import Address, Channel, channel_names, channel_of, install_channels
from mendline_bots.clock_notices import ClockNotice, tell_due
from mendline_bots.day_plans import tell_failed, tell_proposed, tell_published
from mendline_bots.delivery import deliver_message
from mendline_bots.dialogs import Dialog
from mendline_bots.document_notices import document_expires
from mendline_bots.inbound import Inbound, store, understand
from mendline_bots.loan_notices import loan_due
from mendline_bots.people_notices import (
    absence_changed,
    duty_covered,
    handed_over,
    handover_unconfirmed,
    qualification_expires,
)
from mendline_bots.sends import ChatSend
from mendline_bots.sides import tell_entitlement, tell_quotation, tell_reporter
from mendline_bots.slips import tell_slip
from mendline_bots.suggestions import tell_holder_away, tell_nobody_left, tell_suggestion
from mendline_bots.verbs import VERBS
from mendline_bots.watchers import ask_for_signature, call, called_off, follow, forget, offer, offers_withdrawn

register_locales(__file__)

__all__ = [
    "VERBS",
    "Address",
    "Channel",
    "ChatButton",
    "ChatCard",
    "ChatSend",
    "ClockNotice",
    "Dialog",
    "Inbound",
    "absence_changed",
    "ask_for_signature",
    "call",
    "called_off",
    "channel_names",
    "channel_of",
    "deliver_message",
    "document_expires",
    "duty_covered",
    "follow",
    "forget",
    "handed_over",
    "handover_unconfirmed",
    "install_channels",
    "key_expires",
    "key_made",
    "loan_due",
    "offer",
    "offers_withdrawn",
    "qualification_expires",
    "store",
    "tell_due",
    "tell_entitlement",
    "tell_failed",
    "tell_holder_away",
    "tell_nobody_left",
    "tell_proposed",
    "tell_published",
    "tell_quotation",
    "tell_reporter",
    "tell_slip",
    "tell_suggestion",
    "understand",
]
