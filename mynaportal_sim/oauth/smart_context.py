"""What an app is told beside its token of whom it is about (SMART App Launch 2.2)."""

from uuid import UUID

from mynaportal_sim.jose import Json
from mynaportal_sim.oauth.scopes import FHIR_USER, LAUNCH_PATIENT
from mynaportal_sim.oauth.server import Server


def launched(server: Server, client_id: str, scope: str, resident_id: UUID) -> dict[str, Json]:
    """The person, under the app's own name for them, to an app that asked for a patient.

    An app that is launched by itself is nowhere shown beside a name, so it shows one.
    """
    if LAUNCH_PATIENT not in scope.split():
        return {}
    patient = server.pseudonyms.logical_id(client_id, resident_id)
    return {"patient": patient, "need_patient_banner": True}


def user(server: Server, client_id: str, scope: str, resident_id: UUID) -> dict[str, Json]:
    """The claim that says as which resource the person who logged in is found."""
    if FHIR_USER not in scope.split():
        return {}
    own = server.pseudonyms.logical_id(client_id, resident_id)
    return {"fhirUser": f"{server.resource}/Patient/{own}"}
