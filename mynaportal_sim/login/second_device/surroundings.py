"""What can be said of a browser without following anybody: its family and a coarse network."""

from ipaddress import IPv4Address, ip_address

from mynaportal_sim.login.second_device.model import Surroundings

# In this order: each family also names those it descends from.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
UNKNOWN = "?"


def surroundings(user_agent: str, address: str) -> Surroundings:
    """`Chrome / Windows` and `203.0.113.*`, or `?` for what cannot be told."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    return Surroundings(f"{browser} / {system}", _network(address))


def _first(families: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in families if sign in user_agent), UNKNOWN)


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return UNKNOWN
    if known.is_loopback:
        return "localhost"
    if isinstance(known, IPv4Address):
        return f"{known}".rpartition(".")[0] + ".*"
    return ":".join(known.exploded.split(":")[:3]) + ":*"
