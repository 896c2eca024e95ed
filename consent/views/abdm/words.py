"""The words of ABDM's artefacts, and what they leave out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from consent.model import Action
from consent.views.meaning import Loss

HERE = "mynaportal-sim"
PURPOSES = f"https://{HERE}.invalid/purposes/"

MODES: Mapping[str, frozenset[Action]] = MappingProxyType(
    {
        "VIEW": frozenset({Action.VIEW}),
        "STORE": frozenset({Action.VIEW, Action.STORE}),
    }
)
HOUR = timedelta(hours=1)
# A month and a year at their longest, so that no use comes too early.
UNITS: Mapping[str, timedelta] = MappingProxyType(
    {
        "HOUR": HOUR,
        "DAY": timedelta(days=1),
        "WEEK": timedelta(weeks=1),
        "MONTH": timedelta(days=31),
        "YEAR": timedelta(days=366),
    }
)

LOSSES = (
    Loss("suspended, superseded, revoked, invalidated, lapsed", "`REVOKED`, read as withdrawn"),
    Loss("not valid yet", "`REQUESTED`: an artefact has no beginning"),
    Loss("codes, labels, rolling periods", "rules that have them give nothing"),
    Loss("rules that keep back", "nothing of their category is given"),
    Loss("categories without a kind of records", "not given"),
    Loss("purposes without a code", "cannot be said"),
    Loss("actions but view and store", "not given"),
    Loss("recipients but the first, onward transfer", "not given"),
    Loss("validity and retention apart", "`dataEraseAt` ends both, fetching an hour before"),
    Loss("uses so far", "`frequency` says what is left; it is read as strictly as it can be"),
    Loss("other legal bases, minimum cell, research terms", "cannot be said"),
    Loss("notice, supervision, evidence, mandate", "left out"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """ABDM's word for each category and purpose that has one, and where recipients are."""

    hi_types: Mapping[str, str]
    purposes: Mapping[str, str]
    country: str
