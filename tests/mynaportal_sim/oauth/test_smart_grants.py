"""What a SMART app asks for on top of what it has."""

import pytest

from .conftest import Portal
from .kit import AppKit

DAYS = "date=ge2021-01-01&date=le2027-12-31"
LABORATORY = "patient/Observation.rs?category=laboratory"
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def kit(portal: Portal) -> AppKit:
    scopes = ("patient/DiagnosticReport.rs", "patient/MedicationDispense.rs")
    return portal.register(profile="smart", scopes=(*scopes, "patient/Observation.rs"))


def redeemed(portal: Portal, kit: AppKit, code: str) -> dict[str, str]:
    answer: dict[str, str] = portal.post("/token", kit.signed(kit.redemption(code))).json()
    return answer


@sqlite
def test_a_merge_keeps_what_was_narrowed_before_and_tells_of_both(
    portal: Portal, kit: AppKit
) -> None:
    first = redeemed(portal, kit, portal.code_of(kit.launch(LABORATORY)))
    merge = {"grant_management_action": "merge", "grant_id": first["grant_id"]}
    asked = kit.launch("patient/MedicationDispense.rs", **merge)
    second = redeemed(portal, kit, portal.code_of(asked, "checkup", "medication"))
    assert second["grant_id"] == first["grant_id"]
    assert second["scope"].split() == [
        f"patient/MedicationDispense.rs?{DAYS.replace('date', 'whenhandedover')}",
        f"{LABORATORY}&{DAYS}",
    ]
