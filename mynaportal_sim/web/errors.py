"""What a page cannot show, although the address could be one.

WebError                    carries .code and .status for the answer
├── NoSuchEntryError        no entry of this person's at that place of the log
├── NoSuchConsentError      no answer of this person's by that id
├── NoSuchRecordError       no record that this consent is about by that name
├── NoSuchRequestError      no question waits for this person's answer by that id
├── NoSuchUserCodeError     no device waits behind a code that was typed
├── NoSuchPublishedError    an authority publishes no such thing
├── NoSuchUserIdError       no app has tied such an id to this person's certificate
├── NoSuchDocumentError     nobody asks this person to sign such a document
├── NoSuchRefusalError      no refusal by that id, or it was forgotten
├── UnknownChoiceError      a form names what it did not offer
├── NotSignedLaterError     what was put off is answered without a signature
├── MandateRefusedError     whoever acts for another may not; carries .reason
├── OnlyInPersonError       nobody does this for another
├── AwaitsAssentError       a guardian has agreed, and the minor is to
├── OperatorRequiredError   no session of an app's operator
├── NoSuchArrangedError     the operator's app has no such arrangement
├── UnreadableFilterError   what is asked for cannot be read, so nothing is shown
├── DevTokenError           a program that would change a dev portal's world lacks its token
├── NoSuchLifeEventError    no event of that name can happen at the counter
├── CounterRefusedError     the counter does not do it; carries .refusal
├── CardOvertakenError      somebody else dealt with the card in the meantime
└── CardUnavailableError    the card's file is held by another process, or damaged
"""

from collections.abc import Mapping
from http import HTTPStatus

from consent.mandate import Refusal
from mynaportal_sim.errors import PortalError
from mynaportal_sim.issuing import refusals
from mynaportal_sim.login.refusal import Code


class WebError(PortalError):
    """Base of every error this room raises on purpose; its text may be shown to anyone."""

    code: str
    status = HTTPStatus.NOT_FOUND


class NoSuchEntryError(WebError):
    """The log has no such entry, or it is somebody else's."""

    code = "no_such_entry"

    def __init__(self) -> None:
        super().__init__("no entry of yours is at that place of the log, or it is being added")


class NoSuchConsentError(WebError):
    """The person has given no such answer."""

    code = "no_such_consent"

    def __init__(self) -> None:
        super().__init__("you have given no such consent")


class NoSuchRecordError(WebError):
    """There is no such record, or it is somebody else's, or not of what the consent gives."""

    code = "no_such_record"

    def __init__(self) -> None:
        super().__init__("this consent is about no such record of yours")


class NoSuchRequestError(WebError):
    """No question waits for the person's answer by that id."""

    code = "no_such_request"

    def __init__(self) -> None:
        super().__init__("no such question waits for your answer any more")


class NoSuchUserCodeError(WebError):
    """No device shows this code, or not any more."""

    code = "no_such_user_code"

    def __init__(self) -> None:
        super().__init__("no device waits behind this code, or it was used or has run out")


class NoSuchPublishedError(WebError):
    """No authority here publishes such a thing."""

    code = "no_such_published"

    def __init__(self) -> None:
        super().__init__("no authority here publishes that; /pki/cps.html says what they do")


class NoSuchUserIdError(WebError):
    """No app has tied an id to the person's certificate by that name, or not any more."""

    code = "no_such_user_id"

    def __init__(self) -> None:
        super().__init__("no app has tied such an id to your certificate, or not any more")


class NoSuchDocumentError(WebError):
    """Nobody asks the person to sign such a document, or not any more."""

    code = "no_such_document"

    def __init__(self) -> None:
        super().__init__("nobody asks you to sign such a document, or it has run out")


class NoSuchRefusalError(WebError):
    """No refusal is kept by that id."""

    code = "no_such_refusal"

    def __init__(self) -> None:
        super().__init__("no refusal is kept by that id; each is forgotten after a week")


class UnknownChoiceError(WebError):
    """A form names an app or a kind of data that there is not."""

    code = "unknown_choice"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__("there is no such app or kind of data; choose from the lists")


class NotSignedLaterError(WebError):
    """What was put off is answered while no app waits, and so without a signature."""

    code = "not_signed_later"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__(
            "an answer is signed only while the app waits for it; allow or deny this one, "
            "or sign when the app asks again"
        )


class MandateRefusedError(WebError):
    """Somebody may not do this for another, or is too young to do it alone."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.sentence_en)
        self.code = reason.value
        self.reason = reason


class OnlyInPersonError(WebError):
    """Nobody does this for another."""

    code = "only_in_person"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("only the person does this; stop acting for others first")


class AwaitsAssentError(WebError):
    """A guardian has agreed, and only the minor can answer now."""

    code = "awaits_assent"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("a guardian has agreed; the person themselves must assent now")


class OperatorRequiredError(WebError):
    """Only whoever operates an app, and came by its link, sees its console."""

    code = "operator_required"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("open the console with a new link from `mynasim app open`")


class NoSuchArrangedError(WebError):
    """The operator's app has no such arrangement with anybody it knows by that name."""

    code = "no_such_arranged"

    def __init__(self) -> None:
        super().__init__("this app has no such arrangement with this person")


class UnreadableFilterError(WebError):
    """Part of a filter cannot be read; to leave it out would show what was not asked for."""

    code = "unreadable_filter"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, unread: Mapping[str, str]) -> None:
        """`unread` are the fields that could not be read, with what they held."""
        held = ", ".join(f"{name}={text!r}" for name, text in unread.items())
        super().__init__(
            f"cannot be read: {held}; from and to are days like 2026-04-01, the first not "
            "after the last, and a history's kind is access, consent, token or login"
        )


class DevTokenError(WebError):
    """The request does not bear the token of this portal's data directory."""

    code = "dev_token_wrong"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("send the token in `keys/dev.token` of the data directory as a Bearer")


class NoSuchLifeEventError(WebError):
    """No event of that name is known."""

    code = "no_such_life_event"

    def __init__(self) -> None:
        super().__init__("there is no such event; `mynasim counter table` lists all")


class CounterRefusedError(WebError):
    """The counter does not do what a program asked for; nothing was changed."""

    status = HTTPStatus.CONFLICT

    def __init__(self, refusal: refusals.Refusal) -> None:
        super().__init__(str(refusal))
        self.code = refusal.reason.code
        self.refusal = refusal


class CardOvertakenError(WebError):
    """What was looked at is not so any more; nothing was changed."""

    code = "card_overtaken"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("somebody else dealt with this card in the meantime; look again")


class CardUnavailableError(WebError):
    """A person's card cannot be used: its file is held by another process, or damaged."""

    code = Code.CARD_UNAVAILABLE.value
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__(
            "the file of this card is held by another process, or damaged; try again, or have"
            " the card issued anew"
        )
