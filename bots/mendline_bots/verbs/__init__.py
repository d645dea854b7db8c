"""The verbs of the chat front doors; importing this package registers them all."""

from mendline_bots.verbs import (  # noqa: F401 - they register
    acceptance,
    account,
    clocks,
    day_plan,
    estimate,
    job,
    lists,
    priority,
    report,
    speech,
    ward,
)
from mendline_bots.verbs.verb import VERBS, Answers, Verb, spoken

__all__ = ["VERBS", "Answers", "Verb", "spoken"]
