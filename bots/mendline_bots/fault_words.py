"""A fault in words: the dangers that its text speaks of, its code, or the code that is proposed and why."""

from typing import Any

from mendline.kernel import say
from mendline.tickets import TicketClinical


def danger_words(locale: str, clinical: TicketClinical) -> str:
    """Such as: smoke (smoking) · leak (leaks); empty when the text speaks of none."""
    known = _proposal(clinical).get("dangers") or ()
    return " · ".join(f"{say('danger.' + one['kind'], locale)} ({', '.join(one['words'])})" for one in known)


def code_words(locale: str, clinical: TicketClinical) -> str:
    """The code that a person said; before that the proposed one, such as: ALM? · 87 % sure · by: alarm, stops."""
    if clinical.fault_code:
        return clinical.fault_code
    known = _proposal(clinical)
    return proposed_words(locale, known) if known.get("code") else ""


def proposed_words(locale: str, proposal: dict[str, Any]) -> str:
    """A proposed code with its confidence, and the words that spoke for it."""
    percent = round(100 * proposal["confidence"])
    by = say("fault.by", locale, words=", ".join(proposal["words"])) if proposal["words"] else ""
    return " · ".join(filter(None, (f"{proposal['code']}?", say("fault.sure", locale, percent=percent), by)))


def _proposal(clinical: TicketClinical) -> dict[str, Any]:
    return clinical.fault_proposal or {}
