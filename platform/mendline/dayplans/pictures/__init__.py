"""Pictures of a day plan: a map and a timeline as SVG for the web, and the same as PNG for chat."""

from mendline.dayplans.pictures.map import draw_map
from mendline.dayplans.pictures.png import to_png
from mendline.dayplans.pictures.timeline import draw_timeline

__all__ = ["draw_map", "draw_timeline", "to_png"]
