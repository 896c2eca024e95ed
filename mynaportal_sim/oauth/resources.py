"""The resources that take our tokens: what each says of itself, and how it asks for a token.

RFC 9728. A resource is named after the first part of its path, which is also its realm, and
described at the path-inserted address (3.1). The bare address, where clients look that know
just the host, describes the FHIR server: its `resource` shows them that they must go on there.
"""

from typing import NamedTuple

from consent.model.granted import DETAIL_TYPE
from mynaportal_sim.oauth import managed
from mynaportal_sim.oauth.errors import DPOP_ALGORITHMS
from mynaportal_sim.oauth.resource_errors import ResourceError
from mynaportal_sim.oauth.scopes import CATEGORY_OF

WELL_KNOWN = "/.well-known/oauth-protected-resource"


class Resource(NamedTuple):
    """A resource, by what people call it, and what a token for it is asked by."""

    name_en: str
    name_ja: str
    scopes: tuple[str, ...]
    details: tuple[str, ...] = ()


RESOURCES = {
    "fhir": Resource(
        "Health records (FHIR R4)",
        "健康・医療の記録（FHIR R4）",
        tuple(sorted(CATEGORY_OF)),
        (DETAIL_TYPE,),
    ),
    "grants": Resource(
        "Consents of an app (Grant Management)",
        "アプリが得ている同意の確認と終了（Grant Management）",
        tuple(sorted(managed.SCOPES)),
    ),
}


def described(issuer: str) -> dict[str, dict[str, object]]:
    """The metadata of each resource under `issuer`, by the path at which they are published."""
    all_ = {f"{WELL_KNOWN}/{name}": _metadata(issuer, name) for name in RESOURCES}
    return {**all_, WELL_KNOWN: _metadata(issuer, "fhir")}


def urls(issuer: str) -> list[str]:
    """The resources, as the authorization server names them (RFC 9728 4)."""
    return [f"{issuer}/{name}" for name in RESOURCES]


def _metadata(issuer: str, name: str) -> dict[str, object]:
    resource = RESOURCES[name]
    details = {"authorization_details_types_supported": list(resource.details)}
    return {
        "resource": f"{issuer}/{name}",
        "authorization_servers": [issuer],
        "scopes_supported": list(resource.scopes),
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": DPOP_ALGORITHMS.split(),
        "dpop_bound_access_tokens_required": False,
        "tls_client_certificate_bound_access_tokens": False,
        **(details if resource.details else {}),
        "resource_name": resource.name_en,
        "resource_name#ja": resource.name_ja,
        "resource_documentation": f"{issuer}/docs",
    }


def challenge(error: ResourceError, issuer: str, path: str, uri: str) -> str:
    """The value of WWW-Authenticate when a request for `path` is refused.

    `uri` is where the app's developer reads what was looked at.
    """
    name = path.split("/")[1]
    told = {"realm": name}
    if name in RESOURCES:
        told["resource_metadata"] = f"{issuer}{WELL_KNOWN}/{name}"
    return error.challenge(told, uri)
