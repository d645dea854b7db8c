"""The colours of the pictures: one for each technician, and what each kind of time looks like."""

INK, MUTED, FAINT, LINE, PAPER = "#1f2933", "#52606d", "#9aa5b1", "#e4e7eb", "#f5f7fa"

ROUTES = (
    *("#1f6feb", "#d9480f", "#2b8a3e", "#9c36b5", "#0b7285", "#c2255c", "#6741d9"),
    *("#5f6f00", "#a61e4d", "#1864ab", "#8a5a00", "#087f5b", "#862e9c", "#495057"),
)
"""Dark enough for white letters on them, and apart from each other also for most who see fewer colours."""

DASHES = ("", "10 5", "3 4")
"""How the line is drawn when the colours are used up and begin again."""

PLANNED, UNDER_WAY, DONE, LOCKED, LATE = "#1f6feb", "#2b8a3e", "#7b8794", "#5f3dc4", "#d6336c"
PICKUP, REST, TRAVEL, WINDOW = "#e67700", "#dee2e6", "#9aa5b1", "#d0ebff"


def route_colour(number: int) -> str:
    """The colour of the technician with this number in the plan."""
    return ROUTES[number % len(ROUTES)]


def route_dash(number: int) -> str:
    """The dashes of the technician with this number in the plan; empty for a whole line."""
    return DASHES[number // len(ROUTES) % len(DASHES)]
