"""The verbs of the chat front doors; importing this package registers them all."""

from mendline_bots.verbs import (  # noqa: F401 - they register
    acceptance,
    account,
    clocks,
    day_plan,
    details,
    devices,
    dispatching,
    duty,
    entitlement,
    estimate,
    fault_code,
    job,
    label,
    lending,
    lists,
    merge,
    move,
    people,
    priority,
    quotation,
    report,
    speech,
    triage,
    upkeep,
    ward,
)
from mendline_bots.verbs.verb import VERBS, Answers, Verb, spoken

__all__ = ["VERBS", "Answers", "Verb", "spoken"]
