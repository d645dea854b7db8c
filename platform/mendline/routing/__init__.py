"""Routing: who visits what, in which order, as a problem of whole numbers; it knows nothing of tickets or tenants.

The package is light, because a child process that solves one problem imports it each time.
"""

from mendline.routing.plan import KNOWN, Break, Plan, Rest, Route, Stop, moved
from mendline.routing.planner import CHILD, PlanFailed, solve_in_child
from mendline.routing.problem import Problem, Sequences, Task, Technician, Visit, Window
from mendline.routing.promised import earliest_route
from mendline.routing.repair import planned
from mendline.routing.schedule import schedule
from mendline.routing.validate import violations

__all__ = [
    "CHILD",
    "KNOWN",
    "Break",
    "Plan",
    "PlanFailed",
    "Problem",
    "Rest",
    "Route",
    "Sequences",
    "Stop",
    "Task",
    "Technician",
    "Visit",
    "Window",
    "earliest_route",
    "moved",
    "planned",
    "schedule",
    "solve_in_child",
    "violations",
]
