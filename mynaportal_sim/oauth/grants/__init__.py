"""What can be exchanged for tokens: one file per grant type.

The token endpoint lists them by name.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent.model import ConsentVersion
from mynaportal_sim.oauth.client_authentication import Client
from mynaportal_sim.oauth.client_token import ClientToken
from mynaportal_sim.oauth.dpop import Proof
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.families import Family
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import Check


class TokenRequest(NamedTuple):
    """A request for tokens: by whom, with what, and by which key if one was proven."""

    client: Client
    parameters: Mapping[str, str]
    proof: Proof | None


class Granted(NamedTuple):
    """What a grant gave; `again` if it was exchanged before, as a refresh token is.

    `refresh_token` is None where the client keeps the one it has, or gets none.
    """

    family: Family
    version: ConsentVersion
    resident_id: UUID
    refresh_token: str | None
    again: bool = False


class Grant(NamedTuple):
    """A grant type: what must be there before anything is used up, and the unit of work."""

    is_complete: Check[Mapping[str, str], None]
    exchange: Callable[
        [Connection, Server, TokenRequest, datetime], Granted | ClientToken | OAuthError
    ]
