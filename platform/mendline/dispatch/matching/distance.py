"""Distance and travel time between two places, by great circle."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""

DETOUR = 1.3
"""How much longer city streets are than the straight line."""

CITY_SPEED_KMH = 28.0
"""Mean speed through a large city by day, parking included."""


def great_circle_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Kilometres between two points given in degrees (haversine formula)."""
    a, b = radians(latitude), radians(other_latitude)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


def travel_minutes(km: float) -> float:
    """Minutes for a straight-line distance, by the speed model above."""
    return km * DETOUR / CITY_SPEED_KMH * 60
