"""Day plans: routes for all technicians of an organisation, made by a worker, published, and made anew as the day goes.

It stands on dispatch (who can go) and fieldwork (who is where, and what was promised), which do not know each other.
"""

from mendline.dayplans import arrivals as _arrivals  # noqa: F401 - registers its consumer
from mendline.dayplans import crew_changes as _crew_changes  # noqa: F401 - registers its consumer
from mendline.dayplans import making as _making  # noqa: F401 - registers its consumer
from mendline.dayplans import promised as _promised  # noqa: F401 - tells dispatch what is planned
from mendline.dayplans.asking import DayPlanResult, PlanDay, published_plan
from mendline.dayplans.book import CAUSES, KINDS, PROGRESS, STATES, DayPlan, DayPlanStop, VisitTerms
from mendline.dayplans.crews import Crew, crews
from mendline.dayplans.day import stops_of
from mendline.dayplans.events import DayPlanAsked, DayPlanFailed, DayPlanProposed, DayPlanPublished
from mendline.dayplans.hand import LockVisit, Pickup, SetVisitTerms
from mendline.dayplans.moving import MoveVisit
from mendline.dayplans.pictures import draw_map, draw_timeline, to_png
from mendline.dayplans.publishing import PublishPlan
from mendline.dayplans.replanning import ask_anew
from mendline.dayplans.shown import ShownPlan, ShownStop, read_shown, shown_plan, shown_sql
from mendline.dayplans.stops import stored_violations
from mendline.kernel import register_locales

register_locales(__file__)

__all__ = [
    "CAUSES",
    "KINDS",
    "PROGRESS",
    "STATES",
    "Crew",
    "DayPlan",
    "DayPlanAsked",
    "DayPlanFailed",
    "DayPlanProposed",
    "DayPlanPublished",
    "DayPlanResult",
    "DayPlanStop",
    "LockVisit",
    "MoveVisit",
    "Pickup",
    "PlanDay",
    "PublishPlan",
    "SetVisitTerms",
    "ShownPlan",
    "ShownStop",
    "VisitTerms",
    "ask_anew",
    "crews",
    "draw_map",
    "draw_timeline",
    "published_plan",
    "read_shown",
    "shown_plan",
    "shown_sql",
    "stops_of",
    "stored_violations",
    "to_png",
]
