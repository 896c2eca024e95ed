"""Everything that can go wrong with a consent.

ConsentError
├── InvalidTermsError        the terms are not ones a person may be asked, or were not asked
├── NoSuchArrangementError
├── NoSuchProhibitionError
├── NotYoursError            somebody else placed the prohibition; carries .by
├── IllegalTransitionError   carries .state and .event
├── NotEntitledError         carries .actor and .event
├── NoSuchMandateError
├── NoSuchInvitationError    no proposal waits under this code, or not for this person
├── MandateMovedError        carries .status and .event
├── MandateNotInForceError   somebody acts for another who may not, now that it counts
├── NoReasonError            an authority must say why
├── StaleVersionError        carries .version_id, which no longer stands
├── KeyReusedError           the idempotency key belongs to something else
├── NoSuchCaseError          no access without consent has this number
├── CaseSettledError         it was reviewed before; carries .state
├── OwnCaseError             whoever looked does not review it
├── NotInForceError          a token was wanted from a consent that gives none
├── CannotSayError           another format cannot say this without giving more; carries .what
├── NotUnderstoodError       a document says what no terms here can; carries .path
└── LedgerError              drawn in consent/ledger/errors.py
"""

from uuid import UUID


class ConsentError(Exception):
    """Base of every error this package raises on purpose."""


class InvalidTermsError(ConsentError):
    """The terms break a rule of their own, or go beyond what was asked."""


class NoSuchArrangementError(ConsentError):
    """The resident has no such arrangement, or never granted anything under it."""

    def __init__(self, arrangement_id: UUID) -> None:
        super().__init__(f"no arrangement {arrangement_id} that was ever granted")
        self.arrangement_id = arrangement_id


class NoSuchProhibitionError(ConsentError):
    """The resident has no such prohibition."""

    def __init__(self, prohibition_id: UUID) -> None:
        super().__init__(f"no prohibition {prohibition_id}")
        self.prohibition_id = prohibition_id


class NotYoursError(ConsentError):
    """This prohibition is another's, whom the one who would lift it does not overrule."""

    def __init__(self, by: str) -> None:
        super().__init__(f"this prohibition was placed by {by}, and is not yours to lift")
        self.by = by


class IllegalTransitionError(ConsentError):
    """The event cannot happen to a consent in this state."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"a {state} consent has no transition by {event}")
        self.state = state
        self.event = event


class NotEntitledError(ConsentError):
    """The event is not for this actor to bring about."""

    def __init__(self, actor: str, event: str, what: str = "consent") -> None:
        super().__init__(f"{actor} may not {event} a {what}")
        self.actor = actor
        self.event = event


class NoSuchMandateError(ConsentError):
    """Nobody acts for the person under this mandate."""

    def __init__(self, mandate_id: UUID) -> None:
        super().__init__(f"no mandate {mandate_id}")
        self.mandate_id = mandate_id


class NoSuchInvitationError(ConsentError):
    """No proposal waits under this code, or not for whoever typed it."""

    def __init__(self) -> None:
        super().__init__("this code invites nobody, has run out, or was used")


class MandateMovedError(ConsentError):
    """The event cannot happen to a mandate that stands so."""

    def __init__(self, status: str, event: str) -> None:
        super().__init__(f"a mandate that is {status} has no transition by {event}")
        self.status = status
        self.event = event


class MandateNotInForceError(ConsentError):
    """Whoever acts for the person may not, as it stands when the act is about to count."""

    def __init__(self, mandate_id: UUID) -> None:
        super().__init__(f"mandate {mandate_id} does not allow this now")
        self.mandate_id = mandate_id


class NoReasonError(ConsentError):
    """What an authority does to a consent needs a reason that the person can read."""

    def __init__(self, event: str) -> None:
        super().__init__(f"give the reason to {event} it")


class StaleVersionError(ConsentError):
    """The version acted on is no longer the one that stands."""

    def __init__(self, version_id: UUID) -> None:
        super().__init__(f"version {version_id} no longer stands")
        self.version_id = version_id


class KeyReusedError(ConsentError):
    """The idempotency key was used before, for something else."""

    def __init__(self, key: UUID) -> None:
        super().__init__(f"key {key} was used for something else")
        self.key = key


class NoSuchCaseError(ConsentError):
    """There is no case of access without consent with this number."""

    def __init__(self, case_id: UUID) -> None:
        super().__init__(f"no case {case_id}")
        self.case_id = case_id


class CaseSettledError(ConsentError):
    """A case is reviewed once."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the case was reviewed before: {state}")
        self.state = state


class OwnCaseError(ConsentError):
    """Whoever looked at the data does not review that."""

    def __init__(self) -> None:
        super().__init__("a case is reviewed by somebody else than the officer who looked")


class NotInForceError(ConsentError):
    """The consent is not granted, or the instant lies outside its validity."""

    def __init__(self, version_id: UUID, status: str) -> None:
        super().__init__(f"version {version_id} gives nothing: {status}")
        self.version_id = version_id
        self.status = status


class CannotSayError(ConsentError):
    """A format has no words for part of a consent, and without it would give more."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what


class NotUnderstoodError(ConsentError):
    """A part of a document has no counterpart here that gives no more than it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
