"""The shapes of territories: circles and polygons in degrees, checked, and whether a place lies in one."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from mendline.dispatch.matching.distance import great_circle_km

Point = tuple[float, float]
"""Latitude and longitude in degrees (WGS 84)."""

WIDEST = 90.0
"""Degrees of longitude that one polygon may span: beyond that nobody can say which side is its inside."""


class Area(Struct, frozen=True):
    """A circle (centre and radius in km) or a polygon (its corners in order, at least three), one of the two.

    A polygon's edges are straight in degrees. It does not cross the 180th meridian: give two.
    """

    centre: Annotated[tuple[float, ...], Meta(min_length=2, max_length=2)] | None = None
    radius_km: Annotated[float, Meta(gt=0, le=5000)] | None = None
    corners: Annotated[
        tuple[Annotated[tuple[float, ...], Meta(min_length=2, max_length=2)], ...], Meta(max_length=200)
    ] = ()


def wrong_with(area: Area) -> str | None:
    """What is wrong with an area, as the name of a `problem` sentence; None when it is good."""
    points = [*area.corners, *([area.centre] if area.centre else [])]
    if any(not (-90 <= latitude <= 90 and -180 <= longitude <= 180) for latitude, longitude in points):
        return "no_coordinates"
    if area.corners:
        if area.centre is not None or area.radius_km is not None:
            return "circle_or_polygon"
        return _wrong_with_polygon([(p[0], p[1]) for p in area.corners])
    return None if area.centre is not None and area.radius_km is not None else "circle_or_polygon"


def _wrong_with_polygon(corners: Sequence[Point]) -> str | None:
    if len(set(corners)) != len(corners) or len(corners) < 3:
        return "polygon_corners"
    longitudes = [longitude for _, longitude in corners]
    if max(longitudes) - min(longitudes) > WIDEST:
        return "polygon_too_wide"
    edges = list(_edges(corners))
    for n, one in enumerate(edges):
        for m in range(n + 1, len(edges)):
            if m - n == 1 or (n == 0 and m == len(edges) - 1):
                before, after = (edges[m], one) if n == 0 and m == len(edges) - 1 else (one, edges[m])
                if _turns_back(before[0], before[1], after[1]):
                    return "polygon_crosses_itself"
            elif _meet(*one, *edges[m]):
                return "polygon_crosses_itself"
    return None


def covers(areas: Iterable[Area], latitude: float, longitude: float) -> bool:
    """Whether a place lies in one of the areas; a circle's rim belongs to it, and so does a polygon's."""
    return any(_inside(area, latitude, longitude) for area in areas)


def _inside(area: Area, latitude: float, longitude: float) -> bool:
    if area.centre is not None and area.radius_km is not None:
        return great_circle_km(area.centre[0], area.centre[1], latitude, longitude) <= area.radius_km
    corners = [(p[0], p[1]) for p in area.corners]
    here, odd = (latitude, longitude), False
    for a, b in _edges(corners):
        if _turn(a, b, here) == 0 and _between(a, b, here):
            return True
        # An edge counts from its lower end up to below its upper one, so that a corner is passed once.
        if (a[0] > latitude) != (b[0] > latitude):
            odd ^= longitude < a[1] + (b[1] - a[1]) * (latitude - a[0]) / (b[0] - a[0])
    return odd


def _edges(corners: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    return zip(corners, (*corners[1:], corners[0]), strict=True)


def _turn(a: Point, b: Point, c: Point) -> int:
    """1 where a, b, c turn left, -1 where right, 0 where they lie on a line."""
    area = (b[1] - a[1]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[1] - a[1])
    return (area > 0) - (area < 0)


def _between(a: Point, b: Point, c: Point) -> bool:
    """Whether c, which lies on the line of a and b, lies between them."""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the edges a-b and c-d have a point in common."""
    if _turn(a, b, c) != _turn(a, b, d) and _turn(c, d, a) != _turn(c, d, b):
        return True
    on_first = ((c, _turn(a, b, c)), (d, _turn(a, b, d)))
    on_second = ((a, _turn(c, d, a)), (b, _turn(c, d, b)))
    return any(t == 0 and _between(a, b, p) for p, t in on_first) or any(
        t == 0 and _between(c, d, p) for p, t in on_second
    )


def _turns_back(a: Point, b: Point, c: Point) -> bool:
    """Whether the edge b-c runs back over a-b."""
    along = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
    return _turn(a, b, c) == 0 and along < 0
