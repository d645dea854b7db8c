"""The words above the pictures: which day, which edition, how much, and where travel times come from."""

from mendline.dayplans.shown import ShownPlan
from mendline.kernel import say


def heading(plan: ShownPlan, name: str) -> str:
    """What the picture shows, in one line."""
    people = len(plan.technicians)
    facts = {"day": plan.day, "edition": plan.edition, "visits": len(plan.visits), "people": people}
    if name == "picture.map" and people == 1:
        return say("picture.own_map", plan.locale, name=plan.technicians[0].name, **facts)
    return say(name, plan.locale, **facts)


def source_words(plan: ShownPlan) -> str:
    """The state of the edition, and by what the travel times are reckoned; a fall-back is said."""
    state = say(f"plan_state.{plan.state}", plan.locale)
    source = f"fallback.{plan.fallback}" if plan.fallback else f"distances.{plan.distances or 'great_circle'}"
    return f"{state} · {say(source, plan.locale)}"
