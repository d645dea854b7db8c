"""The one list of chat channels: a further one is a folder in `bots/` and a line here."""

CHANNELS = {
    "telegram": "mendline_bots.telegram",
    "slack": "mendline_bots.slack",
}
"""Channel -> the module whose `make()` gives it; loaded when it is first used."""
