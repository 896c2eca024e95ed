"""The OpenAPI document tells the truth: a whole journey over the wire is as it says."""

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from consent.ledger import promise, store
from consent.ledger.entry import read_body, read_leaf
from consent.ledger.merkle import leaf_hash
from consent.service.without import ACCESS
from mynaportal_sim import keys
from mynaportal_sim.database import Database
from mynaportal_sim.settings import Settings
from mynaportal_sim.transparency.promises import HEADER
from tests.journeys.at_the_counter import deal_at_the_counter
from tests.journeys.by_device import ask_from_devices
from tests.journeys.contract import Contract, HeardPortal
from tests.journeys.documents import have_signatures_judged, sign_documents
from tests.journeys.every_way import (
    act_for_others,
    log_in_by_a_second_device,
    log_in_softly,
    read_what_is_public,
    walk_under_fapi2,
    walk_under_oidc,
)
from tests.journeys.kit import copy_world, free_port, running
from tests.journeys.launching import launch_standalone
from tests.journeys.managing import manage_grants
from tests.journeys.registering import register_itself
from tests.journeys.verifying import ask_as_a_verifier

PIN, WRONG_PIN, PASSWORD = "1234", "8052", "ABC123"
_ANSWERED = {
    *("login", "consent", "token", "access", "mandate", "research"),
    *("certificate", "user_id", "document"),
}
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def contract(portal: HeardPortal) -> Contract:
    """The document that the portal serves."""
    return Contract(portal.client().get(f"{portal.url}/openapi.json").json())


@pytest.fixture(scope="module")
def portal(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeardPortal]:
    data = tmp_path_factory.mktemp("contract") / "data"
    copy_world(template, data)
    heard_portal = HeardPortal(data, free_port())
    with running(heard_portal):
        yield heard_portal


@pytest.fixture(scope="module")
def heard(portal: HeardPortal) -> list[httpx.Response]:
    """Every answer that programs had on the way."""
    portal.client().get(f"{portal.url}/docs")
    before = len(portal.heard)
    read_what_is_public(portal)
    have_signatures_judged(portal)
    walk_under_fapi2(portal)
    walk_under_oidc(portal)
    log_in_by_a_second_device(portal)
    log_in_softly(portal)
    act_for_others(portal)
    manage_grants(portal)
    launch_standalone(portal)
    ask_from_devices(portal)
    register_itself(portal)
    deal_at_the_counter(portal)
    ask_as_a_verifier(portal)
    sign_documents(portal)
    return portal.heard[before:]


def test_each_exchange_is_as_documented(
    contract: Contract, heard: list[httpx.Response]
) -> None:
    faults = {fault for answer in heard for fault in contract.faults(answer)}
    assert sorted(faults) == []


def test_each_entry_was_promised_with_the_answer_that_stands_for_it(
    portal: HeardPortal, heard: list[httpx.Response]
) -> None:
    """Logins, questions, consents, tokens, accesses, and what was refused of each."""
    log = keys.ledger_signer(portal.data / "keys").verifier
    notes = [
        b64decode(note)
        for answer in heard
        for note in answer.headers.get_list(HEADER, split_commas=True)
    ]
    promised = [promise.opened(note, log).leaf_hash for note in notes]
    database = Database(Settings(data=portal.data).database_url)
    entries = database.run(store.newest, 10_000)
    database.close()
    kinds = {leaf_hash(entry.leaf): read_leaf(entry.leaf).type for entry in entries}
    answered = (
        {
            hashed
            for hashed, kind in kinds.items()
            if kind.partition(".")[0] in _ANSWERED
            if kind not in {"mandate.registered", "mandate.blocked"}  # before anybody asked
            and kind != ACCESS  # by a command, which is promised nothing
        }
        | {
            # An end's request for erasure is no answer.
            hashed
            for hashed, kind in kinds.items()
            if kind in {"erasure.acknowledged", "erasure.attested"}
        }
        | {
            # One that a command registers is promised to nobody.
            leaf_hash(entry.leaf)
            for entry in entries
            if read_leaf(entry.leaf).type == "app.registered"
            if "invite" in read_body(entry.body or b"")
        }
    )
    assert set(promised) == answered
    assert len(promised) == len(answered)
    assert {kinds[hashed] for hashed in promised} >= {
        "login.accepted", "login.refused", "consent.requested", "consent.granted",
        "consent.withdrawn", "token.issued", "token.refused", "token.revoked",
        "access.permitted", "access.refused",
    }  # fmt: skip


def test_each_documented_operation_was_called_and_went_well(
    contract: Contract, heard: list[httpx.Response]
) -> None:
    called = {
        (answer.request.method.lower(), found[0])
        for answer in heard
        if answer.status_code < 400 and (found := contract.operation_of(answer.request))
    }
    documented = {
        (method, path)
        for path, methods in contract.document["paths"].items()
        for method in methods
    }
    assert documented - called == set()


def test_examples_are_as_documented(contract: Contract) -> None:
    faults = [
        fault
        for path, methods in contract.document["paths"].items()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        for content in answer.get("content", {}).values()
        if "example" in content
        for fault in contract.misfits(content["example"], content["schema"], f"{path} {status}")
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        pytest.param({"active": True}, None, id="fits"),
        pytest.param({"active": 1}, ".active is no boolean: 1", id="type"),
        pytest.param({}, ".active is missing", id="missing"),
        pytest.param({"active": True, "x": 1}, ".x is not documented", id="undocumented"),
        pytest.param(
            {"active": True, "kind": "b"}, ".kind is none of the values: 'b'", id="enum"
        ),
        pytest.param({"active": True, "list": [""]}, ".list[0] does not fit", id="pattern"),
    ],
)
def test_what_does_not_fit_a_schema_is_found(value: object, fault: str | None) -> None:
    schema = {
        "type": "object",
        "properties": {
            "active": {"type": "boolean"},
            "kind": {"enum": ["a"]},
            "list": {"type": "array", "items": {"type": "string", "pattern": "^.+$"}},
        },
        "required": ["active"],
    }
    found = list(Contract({}).misfits(value, schema, ""))
    assert [one.startswith(fault or "!") for one in found] == [True] * (fault is not None)
