"""Workers: the broker, the relay that publishes rows of work to it, and the process that does them."""

from mendline.workers.broker import Publisher
from mendline.workers.heartbeat import alive, beating
from mendline.workers.relay import Relay
from mendline.workers.worker import work_until

__all__ = ["Publisher", "Relay", "alive", "beating", "work_until"]
