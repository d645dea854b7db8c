"""The verbs of the chat front doors; importing this package registers them all."""

from mendline_bots.verbs import (  # noqa: F401 - they register
    acceptance,
    account,
    clocks,
    day_plan,
    details,
    dispatching,
    duty,
    entitlement,
    estimate,
    fault_code,
    job,
    lists,
    merge,
    people,
    priority,
    quotation,
    report,
    speech,
    triage,
    ward,
)
from mendline_bots.verbs.verb import VERBS, Answers, Verb, spoken

__all__ = ["VERBS", "Answers", "Verb", "spoken"]
