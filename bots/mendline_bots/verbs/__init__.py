"""The verbs of the chat front doors; importing this package registers them all."""

from mendline_bots.verbs import acceptance, account, clocks, estimate, job, lists, priority, report, speech, ward  # noqa: F401 - they register
from mendline_bots.verbs.verb import VERBS, Answers, Verb, spoken

__all__ = ["VERBS", "Answers", "Verb", "spoken"]
