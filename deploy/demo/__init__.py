"""The demo: two hospitals of Hangzhou, a maker, two vendors and a testing body, with a year of work behind them.

Everybody and everything here is invented. `deploy/` is no package root: `mendline.app.demo` imports this folder by its
path under the name `mendline_demo`, so inside it imports are relative.
"""

from .content import demo
from .labels import device_label, write_labels
from .load import load
from .structs import Demo

__all__ = ["Demo", "demo", "device_label", "load", "write_labels"]
