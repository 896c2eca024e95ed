"""What an authorization request of a SMART app is held to (SMART App Launch 2.2)."""

from mynaportal_sim.oauth import managed, scope_rules, scopes
from mynaportal_sim.oauth.checks.request import Asked
from mynaportal_sim.oauth.errors import (
    InvalidRequestError,
    InvalidScopeError,
    InvalidTargetError,
)
from mynaportal_sim.oauth.form import required
from mynaportal_sim.oauth.smart_scopes import DataScope
from mynaportal_sim.oauth.trail import asked_by

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


@asked_by("SMART 2.2 scopes", "scope names, by version 2, what this app may ask a person for.")
def smart_scopes_are_the_apps(asked: Asked) -> tuple[str, ...]:
    named, others = [], []
    for one in scopes.split(required(asked.parameters, "scope")):
        if one in _NOT_OFFERED or one.startswith("launch/enc"):
            raise InvalidScopeError(_NOT_OFFERED.get(one, "there are no encounters here"))
        data = DataScope.of(one)
        if data is None:
            others.append(one)
        else:
            named += scope_rules.asked(data, asked.app.scopes, asked.today)
    scopes.registered(others, asked.app.scopes | managed.SCOPES)
    return tuple(sorted({*others, *map(str, named)}))


CHECKS = (audience_is_the_fhir_server, launch_is_standalone, data_are_asked_by_scopes)
