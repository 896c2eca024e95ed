"""Which words of India's ABDM stand for the kinds of data and the purposes of this portal.

An artefact names its provider, so that a kind of records means those of this portal alone: one
category. Purposes that ABDM has no code for are left out rather than told by a wider one.
"""

from types import MappingProxyType

from consent.views.abdm import Words

WORDS = Words(
    hi_types=MappingProxyType({"checkup": "DiagnosticReport", "medication": "Prescription"}),
    purposes=MappingProxyType(
        {"self-care": "PATRQT", "consultation": "CAREMGT", "research": "DSRCH"}
    ),
    country="JP",
)
