"""What this server can do, as a CapabilityStatement (FHIR 4.0.1)."""

import json

from mynaportal_sim import __version__
from mynaportal_sim.domains.base import Json
from mynaportal_sim.domains.catalogue import DOMAINS
from mynaportal_sim.phr import consents
from mynaportal_sim.phr.search import DATE_PARAMETERS, PARAMETERS
from mynaportal_sim.records.model import TOKEN_ELEMENTS

FHIR_VERSION = "4.0.1"
_PUBLISHED = "2026-11-23"
_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SECURITY_SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"
VERSIONED = frozenset(kind for one in DOMAINS if one.follows for kind in one.resource_types)
_REFERENCES = ("patient", "subject")


def statement(issuer: str, *, cors: bool) -> bytes:
    """The CapabilityStatement of the portal at `issuer`, ready to be sent.

    With `cors`, pages of public clients may call it.
    """
    return json.dumps(_statement(issuer, cors=cors), ensure_ascii=False).encode()


def _statement(issuer: str, *, cors: bool) -> Json:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "experimental": True,
        "date": _PUBLISHED,
        "kind": "instance",
        "software": {"name": "mynaportal-sim", "version": __version__},
        "implementation": {
            "description": "A simulator of Mynaportal; all people and data are fictional",
            "url": f"{issuer}/fhir",
        },
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(issuer, cors=cors),
                "resource": [*map(_resource, PARAMETERS), _consent()],
            }
        ],
    }


def _security(issuer: str, *, cors: bool) -> Json:
    return {
        "extension": [
            {
                "url": _OAUTH_URIS,
                "extension": [
                    {"url": "authorize", "valueUri": f"{issuer}/authorize"},
                    {"url": "token", "valueUri": f"{issuer}/token"},
                    {"url": "manage", "valueUri": f"{issuer}/consents"},
                    {"url": "introspect", "valueUri": f"{issuer}/introspect"},
                    {"url": "revoke", "valueUri": f"{issuer}/revoke"},
                ],
            }
        ],
        "cors": cors,
        "service": [
            {
                "coding": [{"system": _SECURITY_SERVICE, "code": "SMART-on-FHIR"}],
                "text": "OAuth 2.0: a consent token, re-checked against the consent each time",
            }
        ],
    }


def _consent() -> Json:
    return {
        "type": consents.TYPE,
        "documentation": "What the app was granted, under the arrangement of its token",
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [{"name": name, "type": "token"} for name in consents.PARAMETERS],
    }


def _resource(resource_type: str) -> Json:
    tokens = {"_id": "token", **dict.fromkeys(TOKEN_ELEMENTS[resource_type], "token")}
    references = dict.fromkeys(_REFERENCES, "reference")
    day = DATE_PARAMETERS.get(resource_type)
    kinds = tokens | references | ({day: "date"} if day else {})
    return {
        "type": resource_type,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "versioned" if resource_type in VERSIONED else "no-version",
        "searchParam": [
            {"name": name, "type": kinds[name]}
            for name in PARAMETERS[resource_type]
            if name in kinds
        ],
    }
