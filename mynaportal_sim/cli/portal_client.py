"""How a command reaches a portal, and what it says when it does not."""

import httpx

from mynaportal_sim.sample_app.loopback import UNTRUSTED, client
from mynaportal_sim.settings import Settings
from mynaportal_sim.tls.store import root_file


def portal_client(settings: Settings) -> httpx.Client:
    """A client that also trusts the root of the data directory, where there is one."""
    return client(root_file(settings.certificates))


def unreached(error: httpx.TransportError, portal: str = "the portal") -> str:
    """Why a portal was not reached, and what to do, in a sentence."""
    if UNTRUSTED in str(error):
        return (
            f"the certificate of {portal} is of no root that is trusted here ({error}); name "
            "the portal's directory with --data, or in SSL_CERT_FILE a file with what its "
            "`mynasim tls root` prints"
        )
    return f"{portal} does not answer ({error}); is `mynasim up` running?"
