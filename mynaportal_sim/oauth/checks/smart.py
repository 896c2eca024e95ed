"""What an authorization request of a SMART app is held to (SMART App Launch 2.2)."""

from collections.abc import Collection
from datetime import date

from mynaportal_sim.oauth import managed, scope_rules, scopes
from mynaportal_sim.oauth.checks.request import Asked
from mynaportal_sim.oauth.errors import (
    InvalidRequestError,
    InvalidScopeError,
    InvalidTargetError,
    UnauthorizedClientError,
)
from mynaportal_sim.oauth.form import required
from mynaportal_sim.oauth.smart_scopes import DataScope
from mynaportal_sim.oauth.trail import asked_by

DATA_SCOPES_MAX = 10
LENGTH_MAX = 2048
_NOT_OFFERED = {
    "launch": "no app is launched from here (EHR launch): ask for launch/patient",
    "online_access": "the portal does not watch whether a person is there: ask for"
    " offline_access, or for neither",
}


@asked_by("SMART 2.2 app-launch", "aud is the base URL of the FHIR server.")
def audience_is_the_fhir_server(asked: Asked) -> None:
    if required(asked.parameters, "aud") != asked.resource:
        raise InvalidTargetError(f"aud is the FHIR server, which is {asked.resource}")


@asked_by("SMART 2.2 app-launch", "No launch is named, since every launch here is standalone.")
def launch_is_standalone(asked: Asked) -> None:
    if "launch" in asked.parameters:
        raise InvalidRequestError(
            "no app is launched from here (EHR launch): leave launch out, and ask for the"
            " scope launch/patient"
        )


@asked_by("SMART 2.2 scopes", "Data are asked for by scopes, not by authorization_details.")
def data_are_asked_by_scopes(asked: Asked) -> None:
    if "authorization_details" in asked.parameters:
        raise InvalidRequestError(
            "an app of the profile smart asks by scopes; authorization_details are for others"
        )


@asked_by("Grant Management 1, 5.2", "A client that manages grants is confidential.")
def public_client_manages_no_grants(asked: Asked) -> None:
    wanted = {"grant_management_action", "grant_id"}.intersection(asked.parameters)
    scope = scopes.split(asked.parameters.get("scope", "-"))
    if asked.app.public and (wanted or not managed.SCOPES.isdisjoint(scope)):
        raise UnauthorizedClientError("a public client manages no grants")


@asked_by("SMART 2.2 scopes", "scope names, by version 2, what this app may ask a person for.")
def smart_scopes_are_the_apps(asked: Asked) -> tuple[str, ...]:
    named, others = [], []
    for one in scopes.split(required(asked.parameters, "scope")):
        if one in _NOT_OFFERED or one.startswith("launch/enc"):
            raise InvalidScopeError(_NOT_OFFERED.get(one, "there are no encounters here"))
        found = DataScope.of(one)
        if found is None:
            others.append(one)
        else:
            named += scope_rules.asked(found, asked.app.scopes, asked.today)
    scopes.registered(others, asked.app.scopes | managed.SCOPES)
    data = {str(one) for one in named}
    _fits_a_token(data, asked.today)
    return tuple(sorted(data.union(others)))


def _fits_a_token(data: Collection[str], today: date) -> None:
    """What a person may give, told in each token, must not outgrow it."""
    told = scope_rules.granted(data, scope_rules.rules(data, today))
    if len(data) > DATA_SCOPES_MAX or len(told) > LENGTH_MAX:
        raise InvalidScopeError(
            f"ask for at most {DATA_SCOPES_MAX} scopes for data at once, which together come to"
            f" {LENGTH_MAX} characters once each names its days"
        )


CHECKS = (
    audience_is_the_fhir_server,
    launch_is_standalone,
    data_are_asked_by_scopes,
    public_client_manages_no_grants,
)
