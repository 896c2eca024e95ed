"""Security Event Tokens (RFC 8417) that tell an app what has become of a consent.

    {"iss": …, "jti": …, "iat": …, "aud": client_id, "txn": id of what happened,
     "sub_id": {"format": "opaque", "id": arrangement},
     "events": {"<issuer>/events/consent-withdrawn": {"consent_version": …, "by": "person",
                "event_timestamp": …, "on_end": "delete", "erase_by": …}}}

The subject is the arrangement (RFC 9493 3.2.6), which is this app's alone and which it knows
from its tokens; the token names no person.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from consent.store.outbox import Notice
from mynaportal_sim.jose import Json

MEDIA_TYPE = "application/secevent+jwt"
TYPE = "secevent+jwt"

Sign = Callable[[Mapping[str, Json], str], str]
"""Signs claims as a compact JWS of the given `typ`."""


class Signer(Protocol):
    """What signs for the portal, until its keys change."""

    def sign(self, claims: Mapping[str, Json], typ: str) -> str:
        """A compact JWS of the given `typ`."""

    def renewed(self, token: str) -> str:
        """The same by the key that signs now: an app may get it long after it was made."""


Signing = Callable[[], Awaitable[Signer]]
"""Gives what signs now."""


def claims(notice: Notice, issuer: str, jti: UUID, now: datetime) -> dict[str, Json]:
    """The claims of the token that tells of `notice`, issued at `now`."""
    said: dict[str, Json] = {
        "consent_version": str(notice.version_id),
        "by": notice.by.value,
        "event_timestamp": int(notice.happened.timestamp()),
    }
    if notice.reason:
        said["reason"] = notice.reason
    if notice.erase_by is not None:
        said["on_end"] = notice.on_end.value
        said["erase_by"] = int(notice.erase_by.timestamp())
    return {
        "iss": issuer,
        "jti": str(jti),
        "iat": int(now.timestamp()),
        "aud": notice.app_id,
        "txn": str(notice.id),
        "sub_id": {"format": "opaque", "id": str(notice.arrangement_id)},
        "events": {event_uri(issuer, notice.what): said},
    }


def event_uri(issuer: str, what: str) -> str:
    """What names this kind of event, such as `…/events/consent-withdrawn`."""
    return f"{issuer}/events/consent-{what}"
