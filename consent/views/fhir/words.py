"""The codes and extensions by which a Consent says what consents say here.

What narrows and has no element of its own is a modifier extension: a reader that does not know
it must refuse the resource (FHIR 4.0.1, 2.4). What only describes, or widens, is a plain one.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from consent.catalogue import LegalBasis
from consent.model import Action, Relation
from consent.views.meaning import Json, Loss

_OURS = "https://mynaportal-sim.invalid/fhir/"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
_SYSTEM = f"{_OURS}CodeSystem/"
_EXTENSION = f"{_OURS}StructureDefinition/consent-"

URN = "urn:ietf:rfc:3986"
CATEGORY = f"{_SYSTEM}data-category"
PURPOSE = f"{_SYSTEM}declared-purpose"

# Modifier extensions of the root provision, and of a rule.
USAGE = f"{_EXTENSION}usage"
MINIMUM_CELL = f"{_EXTENSION}minimum-cell"
RETENTION = f"{_EXTENSION}retention"
RESEARCH_TERM = f"{_EXTENSION}research-term"
ROLLING_DAYS = f"{_EXTENSION}rolling-days"
LABEL_MATCH = f"{_EXTENSION}label-match"
EXACTLY_ANY = "exactly-any"
"""That a label is met by itself alone, not by what it subsumes, and one of them suffices."""

# Plain extensions of the resource.
APP = f"{_EXTENSION}app"
ONWARD_TRANSFER = f"{_EXTENSION}onward-transfer"
SUPERVISION = f"{_EXTENSION}supervision"
NOTICE = f"{_EXTENSION}notice"


class Code(NamedTuple):
    """A code of a code system."""

    system: str
    code: str

    @property
    def coding(self) -> Json:
        return {"system": self.system, "code": self.code}


SCOPE = Code(f"{_TERMINOLOGY}consentscope", "patient-privacy")
KIND = Code("http://loinc.org", "59284-0")  # as in HL7's own examples
SUBSETTED = Code(f"{_TERMINOLOGY}v3-ObservationValue", "SUBSETTED")
SIMULATED = Code(f"{_TERMINOLOGY}v3-ActReason", "HTEST")

# HL7's "use" (utilise the retrieved information) says more than derive or train-model.
ACTIONS: Mapping[Action, Code] = MappingProxyType(
    {
        Action.VIEW: Code(f"{_TERMINOLOGY}consentaction", "access"),
        Action.STORE: Code(f"{_TERMINOLOGY}consentaction", "collect"),
        Action.DISCLOSE: Code(f"{_TERMINOLOGY}consentaction", "disclose"),
        Action.DERIVE: Code(f"{_SYSTEM}consent-action", "derive"),
        Action.TRAIN_MODEL: Code(f"{_SYSTEM}consent-action", "train-model"),
    }
)
RELATIONS: Mapping[Relation, Code] = MappingProxyType(
    {
        Relation.RECIPIENT: Code(f"{_TERMINOLOGY}v3-ParticipationType", "IRCP"),
        Relation.PROCESSOR: Code(f"{_SYSTEM}recipient-relation", "processor"),
        Relation.JOINT_USER: Code(f"{_SYSTEM}recipient-relation", "joint-user"),
    }
)
BASES: Mapping[LegalBasis, Code] = MappingProxyType(
    {basis: Code(f"{_SYSTEM}legal-basis", basis.value) for basis in LegalBasis}
)

LOSSES = (
    Loss(
        "suspended, superseded, revoked, lapsed, expired, used up", "`inactive`, read as over"
    ),
    Loss("evidence, mandate", "left out: nobody else needs to know how the person was known"),
    Loss("what was asked and not given", "left out"),
    Loss("number, what it supersedes, who moved its state", "left out"),
    Loss("what is kept back, in the app's copy", "left out; that copy cannot be read back"),
)
