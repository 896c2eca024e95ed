"""`python -m mynaportal_sim.ready`: whether the portal here answers; what a container asks.

It runs every few seconds, so it stands on the standard library alone, and http.client is sent
elsewhere by no proxy variable. That the certificate is the portal's is for clients to see.
"""

import os
import ssl
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection

ADDRESS = "127.0.0.1"
PATIENCE = 4.0  # seconds
_YES = frozenset({"1", "on", "t", "true", "y", "yes"})  # as pydantic reads a switch


def ready() -> bool:
    """Whether the portal that the environment describes answers, and its database."""
    port = int(os.environ.get("MYNASIM_PORT") or 8400)
    portal = HTTPConnection(ADDRESS, port, timeout=PATIENCE)
    if os.environ.get("MYNASIM_TLS", "").lower() in _YES:
        unseen = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unseen.check_hostname, unseen.verify_mode = False, ssl.CERT_NONE
        portal = HTTPSConnection(ADDRESS, port, timeout=PATIENCE, context=unseen)
    try:
        portal.request("GET", "/readyz")
        return portal.getresponse().status == 200
    except (OSError, HTTPException):
        return False


if __name__ == "__main__":
    sys.exit(not ready())
