"""Chat front doors: what people say in Telegram, Slack and any further channel, and what they are shown there.

Its names are loaded at their first use: the stand-ins live in this package too, and their process needs nothing of the
house (50 MB).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mendline_bots.channel import Channel, channel_names, channel_of, install_channels
    from mendline_bots.inbound import store
    from mendline_bots.verbs import VERBS

__all__ = ["VERBS", "Channel", "channel_names", "channel_of", "install_channels", "store"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module("mendline_bots.doors"), name)
