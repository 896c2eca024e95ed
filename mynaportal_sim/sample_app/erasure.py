"""What the app does when a consent has ended: it erases what it kept, and certifies that.

It never keeps a record, so that what it erases are its keys, what was granted and the name by
which it knew the person. The certificate says so: no record of any kind, nothing derived.
"""

import jwt

from mynaportal_sim.sample_app import fhir
from mynaportal_sim.sample_app.errors import RelyingPartyError
from mynaportal_sim.sample_app.relying_party import Claims, RelyingParty, public_jwk
from mynaportal_sim.sample_app.store import Store

TYPE = "erasure-certificate+jwt"
PAGES_MAX = 100
_ALIVE = frozenset({"granted", "suspended"})
_SETTLED = "erasure_settled"


def settle(party: RelyingParty, store: Store) -> None:
    """Erase what ended consents had given, and certify each erasure to the portal.

    Raises:
        RelyingPartyError: the portal answers otherwise than hoped.
    """
    duties = _listed(party, "erasures")
    known = (
        {str(one["arrangement"]): one for one in _listed(party, "consents")} if duties else {}
    )
    for duty in duties:
        newest = known.get(str(duty["arrangement"]), {})
        subject = str(newest.get("sub", ""))
        # Who has consented anew since is connected by that, and nothing older is kept.
        if newest.get("consent_version") == duty["consent_version"]:
            store.end_subject(subject, str(duty["ended"]))
        certificate = _certificate(party, duty)
        try:
            party.ask(f"/apps/self/erasures/{duty['id']}/certificate", certificate=certificate)
        except RelyingPartyError as error:
            if error.code != _SETTLED:  # another request was quicker
                raise
        else:
            store.certify(subject, certificate)


def give_back(party: RelyingParty, subject: str) -> None:
    """End what the person known as `subject` has consented to.

    Raises:
        RelyingPartyError: the portal answers otherwise than hoped.
    """
    for one in _listed(party, "consents"):
        if one["sub"] == subject and one["status"] in _ALIVE:
            arrangement = str(one["arrangement"])
            party.ask("/apps/self/consents/withdraw", sub=subject, arrangement=arrangement)


def _certificate(party: RelyingParty, duty: Claims) -> str:
    now = int(party.clock().timestamp())
    categories, others = duty.get("categories"), duty.get("passed_on")
    claims = {
        "iss": party.client_id,
        "aud": party.issuer,
        "iat": now,
        "arrangement": duty["arrangement"],
        "consent_version": duty["consent_version"],
        "erased_at": now,
        "method": "deleted",
        "counts": dict.fromkeys(categories if isinstance(categories, list) else [], 0),
        "derived": "none",
        "passed_on": [
            {"name": name, "erased_at": now}
            for name in (others if isinstance(others, list) else [])
        ],
    }
    headers = {"typ": TYPE, "kid": public_jwk(party.key)["kid"]}
    return jwt.encode(claims, party.key, "ES256", headers)


def _listed(party: RelyingParty, what: str) -> list[Claims]:
    """All that the portal lists of this app, page by page."""
    found: list[Claims] = []
    after: dict[str, str] = {}
    for _ in range(PAGES_MAX):
        page = party.ask(f"/apps/self/{what}", **after)
        found += [dict(one) for one in fhir.objects(page, what)]
        if not page.get("after"):
            break
        after = {"after": str(page["after"])}
    return found
