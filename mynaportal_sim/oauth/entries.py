"""What the ledger says of tokens."""

from consent import service
from consent.ledger.entry import Entry, Value
from consent.model import MYSELF, ConsentVersion, Granter
from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth.client_token import ClientToken
from mynaportal_sim.oauth.errors import OAuthError


def issued(version: ConsentVersion, request: str, jti: str, holder: bytes) -> Entry:
    """A token was issued under `version`; `request` is the grant type it was asked for by."""
    terms = version.terms
    return Entry(
        "token.issued",
        {
            "app_id": version.app_id,
            "app_name": version.app_name,
            "arrangement": str(version.arrangement_id),
            "consent_version": str(version.id),
            "purpose": terms.purpose.code,
            "purpose_text": terms.purpose.text,
            "legal_basis": terms.legal_basis.value,
            "supervisor": terms.supervision.officer,
            "categories": sorted(terms.categories),
            "request": request,
            "token": jti,
            **service.given_by(version.granter),
        },
        holder,
    )


def issued_to_app(app: App, token: ClientToken) -> Entry:
    """An app got a token for itself, about nobody."""
    fields: dict[str, Value] = {**_named(app), "scope": token.scope, "token": token.jti}
    return Entry("token.issued_to_app", fields, None)


def refused(app: App, error: OAuthError, request: str, holder: bytes | None) -> Entry:
    """An authenticated app was refused a token."""
    return Entry(
        "token.refused", {**_named(app), "request": request, "reason": error.code}, holder
    )


def revoked(app: App, reason: str, holder: bytes | None, granter: Granter = MYSELF) -> Entry:
    """A token, or with it all that came of one code, is good for nothing from now on."""
    fields = {**_named(app), "reason": reason, **service.given_by(granter)}
    return Entry("token.revoked", fields, holder)


def access_refused(app: App, error: OAuthError, request: str, holder: bytes | None) -> Entry:
    """A token of an app's was not accepted for data."""
    return Entry(
        "access.refused", {**_named(app), "request": request, "reason": error.code}, holder
    )


def _named(app: App) -> dict[str, Value]:
    return {"app_id": app.client_id, "app_name": app.name, "supervisor": app.supervisor}
