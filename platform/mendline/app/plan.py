"""What a system consists of beside its parts: the processes, as data, in the order in which they start."""

import sys
from collections.abc import Mapping

from mendline.app.child import Process
from mendline.app.ports import Ports
from mendline.kernel import Settings


def mendline(name: str, env: Mapping[str, str], *arguments: str) -> Process:
    """One of our own command lines as a process."""
    return Process(name, (sys.executable, "-m", "mendline.app.cli", *(arguments or (name,))), env=env)


def processes(settings: Settings, env: Mapping[str, str]) -> list[Process]:
    """The long-running processes. Relay, sweep and schedule share one, to save memory."""
    names = [*(["standins"] if "MENDLINE_STANDINS_URL" in env else []), "web", "worker", "relay", "bots"]
    return [mendline(name, env) for name in names]


def standins(settings: Settings, ports: Ports) -> dict[str, str]:
    """How the bots reach the stand-ins; empty when a bot has a token, or in production."""
    tokens = (settings.telegram_token, settings.slack_bot_token, settings.slack_app_token)
    if settings.environment == "production" or any(tokens):
        return {}
    port = ports.take("standins")
    url = f"http://127.0.0.1:{port}"
    token = settings.secrets().standins_token
    return {
        "MENDLINE_STANDINS_PORT": str(port),
        "MENDLINE_STANDINS_URL": url,
        "MENDLINE_TELEGRAM_API_URL": f"{url}/telegram",
        "MENDLINE_TELEGRAM_TOKEN": f"6000000001:{token}",
        "MENDLINE_STANDINS_TELEGRAM_TOKEN": f"6000000001:{token}",
        "MENDLINE_SLACK_API_URL": f"{url}/slack/api/",
        "MENDLINE_SLACK_APP_TOKEN": f"xapp-standin-{token}",
        "MENDLINE_SLACK_SIGNING_SECRET": settings.slack_signing_secret,
    }
