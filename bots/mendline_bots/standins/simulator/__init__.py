"""The chat simulator: a page on which a newcomer plays the demo people, and its JSON API."""

from .api import SimulatorApi

__all__ = ["SimulatorApi"]
