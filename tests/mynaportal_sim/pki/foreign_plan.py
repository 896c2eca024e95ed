"""What the PKI of another hand consists of, as certomancer's configuration says it."""

from datetime import datetime, timedelta
from typing import Any

from asn1crypto import x509

from card_reader.spec import Kind
from mynaportal_sim.pki.profiles import POLICIES

AUTHORITY, OTHER, RESPONDER, PERSON = "authority", "other", "responder", "person"
KEYS = (AUTHORITY, OTHER, RESPONDER, PERSON)
"""Whose keys there are; of the four, AUTHORITY and OTHER are of one name."""
ODD = "2.25.2"
"""An extension that nobody knows."""

_NULL = {"schema": "der-bytes", "params": "0500"}
_X400 = {"schema": "der-bytes", "params": "3004a3023000"}
"""One name, of a kind that cryptography cannot read."""

Config = dict[str, Any]


def plan(digest: str, now: datetime) -> Config:
    """One architecture, `foreign`; `digest` is what everything in it is signed by."""
    entities = {label: {"common-name": f"SIMULATION {label}"} for label in KEYS}
    responders = _responders(digest, now)
    architecture = {
        "entities": {**entities, OTHER: entities[AUTHORITY]},
        "entity-defaults": {"country-name": "JP", "organization-name": "SIMULATION"},
        "certs": {**_authorities(digest, now), **_persons(digest, now), **responders},
        "services": {
            "ocsp": {label: _service(label, digest) for label in (AUTHORITY, *responders)},
            "crl-repo": {"list": {"for-issuer": AUTHORITY, "simulated-update-schedule": "P1D"}},
        },
    }
    return {
        "keysets": {"foreign": {"keys": {name: {"path": name} for name in KEYS}}},
        "pki-architectures": {"foreign": architecture},
    }


def _authorities(digest: str, now: datetime) -> Config:
    return {
        name: {
            "issuer": name,
            "digest-algo": digest,
            "validity": _days(now, -400, 3000),
            "profiles": ["simple-ca"],
        }
        for name in (AUTHORITY, OTHER)
    }


def _persons(digest: str, now: datetime) -> Config:
    """Three certificates as a card has them, by what becomes of them."""
    policy = {"policy_identifier": POLICIES[Kind.USER_AUTHENTICATION].dotted_string}
    since = (now - timedelta(hours=3)).isoformat()
    good = {
        **_issued(digest, now, PERSON),
        "extensions": [
            _signs(),
            {"id": "extended_key_usage", "value": ["client_auth"]},
            {"id": "certificate_policies", "critical": True, "value": [policy]},
        ],
    }
    return {
        "good": good,
        "lost": {
            **good,
            "revocation": {"revoked-since": since, "reason": "key_compromise"},
        },
        "held": {
            **good,
            "revocation": {"revoked-since": since, "reason": "certificate_hold"},
        },
    }


def _responders(digest: str, now: datetime) -> Config:
    """One that may answer, and others of the same key that may not, or cannot be read."""
    bare = _issued(digest, now, RESPONDER)
    right = {**bare, "profiles": ["ocsp-responder"]}
    may = {"id": "extended_key_usage", "value": ["ocsp_signing"]}
    return {
        RESPONDER: right,
        "may not": {
            **right,
            "extensions": [{"id": "extended_key_usage", "value": ["client_auth"]}],
        },
        "must be asked about": {**bare, "extensions": [_signs(), may]},
        "of last year": {**right, "validity": _days(now, -365, -1)},
        "of the other": {**right, "issuer": OTHER},
        "odd": {
            **right,
            "extensions": [{"id": ODD, "critical": True, "smart-value": _NULL}],
        },
        "twice": {
            **bare,
            "unique-extensions": False,
            "extensions": [may, may, {"id": "ocsp_no_check"}],
        },
        "oddly named": {
            **right,
            "extensions": [{"id": "subject_alt_name", "smart-value": _X400}],
        },
    }


def _issued(digest: str, now: datetime, subject: str) -> Config:
    return {
        "subject": subject,
        "issuer": AUTHORITY,
        "digest-algo": digest,
        "validity": _days(now, 0, 365),
    }


def _service(label: str, digest: str) -> Config:
    return {
        "for-issuer": AUTHORITY,
        "responder-cert": label,
        "signing-key": AUTHORITY if label == AUTHORITY else RESPONDER,
        "issuer-cert": AUTHORITY,
        "digest-algo": digest,
    }


def _signs() -> Config:
    return {"id": "key_usage", "critical": True, "value": x509.KeyUsage({"digital_signature"})}


def _days(now: datetime, first: int, last: int) -> Config:
    start, end = now + timedelta(days=first), now + timedelta(days=last)
    return {"valid-from": start.isoformat(), "valid-to": end.isoformat()}
