"""What Schemathesis makes of the served document is answered as the document says.

Every operation is asked by nobody, and by whom its `security` names: an app that proves itself
or bears a person's token, a person who is logged in, a client that registers itself. Not asked
are operators, of whose pages, being HTML, the document has none. By nobody alone are asked what
takes a second device's secret, and what a DPoP proof is for is asked with bearer tokens. Nobody
breaks a schema where somebody is wanted, which is refused for want of them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.sample_app.relying_party import RelyingParty
from tests.journeys.kit import Portal, details
from tests.journeys.registering import said_of_itself

Operation = APIOperation[Any, Any, Any, Any]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# No data break their schemas. Neither do any for an operation that takes nothing.
ANY_STRING_WILL_DO = {
    "POST /end-session",
    "GET /userinfo",
    "GET /verifiers/attributes",
    "GET /grants/{grant_id}",
    "DELETE /grants/{grant_id}",
    "GET /register/{client_id}",
    "GET /why/{trace}",
    "GET /fhir/{resource_type}/{logical_id}",
    "GET /fhir/Consent/{logical_id}",
    "POST /fhir/{resource_type}/_search",
    "POST /fhir/Consent/_search",
    "GET /dev/counter/{persona}",
    "GET /pki/ca/{name}.cer",
    "GET /pki/crl/{name}.crl",
    "GET /pki/crl/{name}/{municipality}.crl",
}
LAST = {"/logout", "/login/soft", "/end-session/confirmed", "/acting-for"}
"""What may end a session, or have it act for somebody else."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks, with what an operation wants of them."""

    session: requests.Session
    app: RelyingParty
    browser: SecondBrowser
    bearers: Mapping[str, str] = field(repr=False)
    known: Mapping[str, str]

    @classmethod
    def at(cls, portal: Portal) -> "Caller":
        app = portal.register("oidc", more=("--verifier",))
        browser, redirect = portal.walk(app, details("checkup", "medication"))
        bearers = {"oauth2": app.redeem(redirect).access_token}
        invited = json.loads(portal.run("app", "invite", "--uses", "100", "--json"))
        bearers["initial_access_token"] = invited["initial_access_token"]
        headers = {"Authorization": f"Bearer {bearers['initial_access_token']}"}
        told = app.http.post(
            f"{portal.url}/register", json=said_of_itself(), headers=headers
        ).json()
        bearers["registration_access_token"] = told["registration_access_token"]
        [consent] = browser.get("/consents").json()["consents"]
        known = {name: consent[name] for name in ("arrangement_id", "version_id")}
        known |= {"resource_type": "Observation", "client_id": told["client_id"]}
        return cls(requests.Session(), app, browser, bearers, known)

    def asks(self, case: Case[Any], wanted: set[str]) -> schemathesis.Response:
        """The answer to a case, sent with what its operation wants of whoever asks."""
        bearer = next((self.bearers[one] for one in wanted if one in self.bearers), "")
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        form: dict[str, str] = {}
        if "session" in wanted:
            form["csrf"] = headers["X-CSRF-Token"] = str(self.browser.see("/login")["csrf"])
            headers["Cookie"] = "; ".join(
                f"{cookie.name}={cookie.value}" for cookie in self.browser._http.cookies.jar
            )
        if "private_key_jwt" in wanted:
            form |= self.app.authentication()
        if form and isinstance(case.body, dict):
            case.body = {**case.body, **form}
        return _sent(case, self.session, headers)


def _sent(
    case: Case[Any], http: requests.Session, headers: dict[str, str]
) -> schemathesis.Response:
    headers = {"Accept": "application/json", **headers}
    return case.call(session=http, headers=headers, allow_redirects=False)


def _wanted(operation: Operation) -> set[str]:
    """How the caller shows who they are; by "session" also where a form is the portal's own."""
    raw = operation.definition.raw
    named = {name for one in raw.get("security", ()) for name in one}
    return named | ({"session"} if "csrf" in json.dumps(raw).casefold() else set())


def _faults(
    operation: Operation,
    mode: GenerationMode,
    examples: settings,
    caller: Caller | None,
) -> dict[str, str]:
    """What is not as the document says of the answers to one operation, each with a body."""
    wanted, faults = _wanted(operation), dict[str, str]()
    named = {one.name for one in operation.path_parameters}
    known = {k: v for k, v in caller.known.items() if k in named} if caller else {}
    fixed = known if mode is GenerationMode.POSITIVE and known else None
    http = requests.Session()

    @examples
    @given(operation.as_strategy(generation_mode=mode, path_parameters=fixed))
    def ask(case: Case[Any]) -> None:
        answer = caller.asks(case, wanted) if caller else _sent(case, http, {})
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            at = f"{operation.label} {answer.status_code}"
            faults.update((f"{at}: {one.title}", answer.text[:300]) for one in group.exceptions)

    ask()
    return faults


FEW = settings(
    max_examples=2,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),  # the schemas' regular expressions refuse much
)
MANY = settings(FEW, max_examples=8, derandomize=False)


@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(FEW, id="a few of each"),
        pytest.param(MANY, id="many of each", marks=[pytest.mark.deep]),
    ],
)
def test_each_answer_is_as_documented(portal: Portal, examples: settings) -> None:
    schema = schemathesis.openapi.from_url(f"{portal.url}/openapi.json")
    found = list(schema.get_all_operations())
    readable = [one.ok() for one in found if isinstance(one, Ok)]
    assert len(readable) == len(found)
    operations = sorted(readable, key=lambda one: one.path in LAST)
    caller, faults = Caller.at(portal), dict[str, str]()
    for operation in operations:
        for mode in GenerationMode:
            if mode is GenerationMode.NEGATIVE and _takes_anything(operation):
                continue
            wanted = _wanted(operation)
            if wanted:
                faults |= _faults(operation, mode, examples, caller)
            if not wanted or mode is GenerationMode.POSITIVE:
                faults |= _faults(operation, mode, examples, None)
    assert not faults, "\n".join(f"{fault}: {body}" for fault, body in faults.items())


def _takes_anything(operation: Operation) -> bool:
    takes = operation.definition.raw.keys() & {"parameters", "requestBody"}
    return not takes or operation.label in ANY_STRING_WILL_DO
