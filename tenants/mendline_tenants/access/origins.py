"""Origins: from where and with what a session is used, told so far that its owner knows it again and no further."""

from ipaddress import ip_address, ip_network

from msgspec import Struct

AGENT = 160
"""Characters of what a program calls itself that are kept."""

IPV4, IPV6 = 24, 48
"""Bits of an address that are kept: the network, never the machine."""


class Origin(Struct, frozen=True):
    """A network, such as 203.0.113.0/24, and what the program calls itself; None where it is not known."""

    network: str | None = None
    agent: str | None = None


def origin_of(host: str | None, agent: str | None) -> Origin:
    """What is kept of a client's address and of its User-Agent header."""
    return Origin(_network(host), _printable(agent))


def _network(host: str | None) -> str | None:
    try:
        address = ip_address(host or "")
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ip_network(f"{address}/{IPV4 if address.version == 4 else IPV6}", strict=False))


def _printable(agent: str | None) -> str | None:
    return "".join(letter for letter in agent or "" if letter.isprintable())[:AGENT].strip() or None
