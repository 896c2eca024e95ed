"""The keys by which those to whom an app passes data certify what they have erased."""

from dataclasses import replace

from consent.model import Relation
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.model import App, RecipientKeys
from mynaportal_sim.apps.registration import parse_jwks

KEYED_MAX = 10
"""Whose certificates of RSA keys still fit into the one that brings them all."""
_FIELD = "recipient keys"


def with_keys(app: App, name: str, jwks: str) -> App:
    """`app` with these keys of its recipient of that name, in place of those before.

    `jwks` is JSON (RFC 7517 5).

    Raises:
        PrivateKeyGivenError: one of them is private.
        RegistrationError: it is no recipient that erases for the app, enough others have keys,
            or these are not its own: who shares a key with another could certify for them.
    """
    relation = next((one.relation for one in app.recipients if one.name == name), None)
    if relation is None:
        raise RegistrationError(
            _FIELD, "“%(name)s” is no registered recipient of this app", name=name
        )
    if relation is Relation.RECIPIENT:
        raise RegistrationError(
            _FIELD,
            "“%(name)s” has data in its own right; only who erases for the app has keys",
            name=name,
        )
    keys = parse_jwks(jwks)
    others = [one for one in app.recipient_keys if one.name != name]
    if len(others) >= KEYED_MAX:
        raise RegistrationError(_FIELD, "%(most)s recipients at most have keys", most=KEYED_MAX)
    taken = {
        key.thumbprint for key in (*app.keys, *(key for one in others for key in one.keys))
    }
    if not taken.isdisjoint(key.thumbprint for key in keys):
        raise RegistrationError(_FIELD, "a key is the app's own, or another recipient's")
    own = RecipientKeys(name, jwks, keys)
    return replace(app, recipient_keys=(*others, own))
