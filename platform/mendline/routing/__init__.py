"""Routing: who visits what, in which order, as a problem of whole numbers; it knows nothing of tickets or tenants.

The package is light, because a child process that solves one problem imports it each time.
"""

from mendline.routing.plan import Break, Plan, Rest, Route, Stop, moved
from mendline.routing.planner import CHILD, PlanFailed, solve_in_child
from mendline.routing.problem import Problem, Task, Technician, Visit, Window
from mendline.routing.schedule import schedule
from mendline.routing.validate import violations

__all__ = [
    "CHILD",
    "Break",
    "Plan",
    "PlanFailed",
    "Problem",
    "Rest",
    "Route",
    "Stop",
    "Task",
    "Technician",
    "Visit",
    "Window",
    "moved",
    "schedule",
    "solve_in_child",
    "violations",
]
