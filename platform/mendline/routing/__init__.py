"""Routing: who visits what, in which order, as a problem of whole numbers; it knows nothing of tickets or tenants.

The package is light, because a child process that solves one problem imports it each time.
"""

from mendline.routing.plan import Break, Plan, Rest, Route, Stop, moved
from mendline.routing.planner import PlanFailed, solve_in_child
from mendline.routing.problem import Problem, Technician, Visit
from mendline.routing.validate import violations

__all__ = [
    "Break",
    "Plan",
    "PlanFailed",
    "Problem",
    "Rest",
    "Route",
    "Stop",
    "Technician",
    "Visit",
    "moved",
    "solve_in_child",
    "violations",
]
