"""What the login page says while an agent has a card answer it, and when that fails."""

from typing import NamedTuple

from card_reader.agent.operation import Failure, State
from card_reader.agent.refusal import Code as Refused
from mynaportal_sim.login.refusal import Code
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.wording import LOGIN_PROBLEMS


class Words(NamedTuple):
    """What is the case, and what to do."""

    what: str
    do: str


_AGAIN = marked("Begin again.")
_ANOTHER_CARD = marked("Use another card, or have this one looked at where it was issued.")
_ONLY_A_FAULT = marked("This is a fault of page or agent. Reload the page; update the agent.")
_UNAVAILABLE = Words(
    marked("The card or its file could not be read."),
    marked("Begin again. If it fails again: ./mynasim card doctor looks closer."),
)
_PCSC = Words(
    marked("The service for card readers does not run on this computer."),
    marked("Start it, and begin again. ./mynasim agent doctor looks closer."),
)

STEPS: dict[str, Words] = {
    "looking": Words(
        marked("Looking for the agent on this computer…"),
        marked("This takes a moment."),
    ),
    "permission": Words(
        marked("Your browser asks whether this page may reach this computer."),
        marked("Allow it. The page talks to the agent and to nothing else."),
    ),
    "pair": Words(
        marked("Pair this page with the agent."),
        marked("Type the pairing code that the agent shows where you started it."),
    ),
    "pairing": Words(
        marked("Answer the agent's question."),
        marked("It asks whether this site may use cards. Look at the address, and allow it."),
    ),
    "choose": Words(
        marked("There are cards on several readers."),
        marked("Choose the reader with the card that you log in with."),
    ),
    State.WAITING_READER: Words(
        marked("Connect a card reader to this computer."),
        marked("The page goes on as soon as it is there."),
    ),
    State.WAITING_CARD: Words(
        marked("Put your card on the reader."),
        marked("Leave it there until you are logged in. The page goes on by itself."),
    ),
    State.WAITING_CONSENT: Words(
        marked("Compare the code, and agree at the agent."),
        marked("If it shows another code or another site, cancel there."),
    ),
    State.WAITING_PIN: Words(
        marked("Enter your PIN at the agent, not here."),
        marked("The four digits for user authentication, in its window or where it asks."),
    ),
    State.SIGNING: Words(
        marked("The card is signing."),
        marked("Leave it where it is."),
    ),
    State.DONE: Words(
        marked("The card has signed."),
        marked("You are being logged in."),
    ),
}
"""By the agent's state, or by the page's own step before there is one."""

OWN: dict[str, Words] = {
    "absent": Words(
        marked("No agent was found on this computer."),
        marked("Start it with this command, on the computer that you sit at, and try again."),
    ),
    "blocked": Words(
        marked("Your browser does not let this page reach this computer."),
        marked(
            "In the settings of this site, beside the address, allow access to other apps on "
            "this device (local network), and try again. Or log in by a command."
        ),
    ),
    "foreign": Words(
        marked("Another program answers in the agent's place, or an agent of another version."),
        marked("End it, start the agent with this command, and try again."),
    ),
    "gone": Words(
        marked("The agent has ended in the middle of it."),
        marked(
            "Nobody is logged in, and the card was reset: it signs nothing without its PIN. "
            "Start the agent anew, and try again."
        ),
    ),
    "away": Words(
        marked("The portal does not answer."),
        marked("Look at your connection, reload the page, and begin again."),
    ),
    "cancelled": Words(
        marked("The login was cancelled."),
        marked("Nobody is logged in. Begin again when you like."),
    ),
    "fault": Words(
        marked("This page has failed."),
        marked("Reload it, and begin again."),
    ),
}
"""How it ends by what the page itself has found."""

REFUSALS: dict[Refused, Words] = {
    Refused.PEER_NOT_ALLOWED: Words(
        marked("The agent serves its own computer alone."),
        marked("Start it on the computer where this browser runs."),
    ),
    Refused.HOST_NOT_ALLOWED: Words(
        marked("The agent was not reached by its own name."),
        marked("Go without a proxy to 127.0.0.1, and try again."),
    ),
    Refused.ORIGIN_NOT_ALLOWED: Words(
        marked("An agent runs here, but not for this portal."),
        marked("End it, start it with this command, and try again."),
    ),
    Refused.FETCH_NOT_ALLOWED: Words(
        marked("The agent took this page's request for another kind."), _ONLY_A_FAULT
    ),
    Refused.UPGRADE_NOT_ALLOWED: Words(
        marked("The agent does not change to other protocols."), _ONLY_A_FAULT
    ),
    Refused.NOT_FOUND: Words(marked("The agent knows no such request."), _ONLY_A_FAULT),
    Refused.METHOD_NOT_ALLOWED: Words(
        marked("The agent is not asked in this way."), _ONLY_A_FAULT
    ),
    Refused.MEDIA_TYPE_NOT_ALLOWED: Words(marked("The agent reads JSON only."), _ONLY_A_FAULT),
    Refused.BODY_TOO_LONG: Words(
        marked("What was sent to the agent is too long."), _ONLY_A_FAULT
    ),
    Refused.BODY_MALFORMED: Words(
        marked("The agent could not read what the portal asks."), _ONLY_A_FAULT
    ),
    Refused.TOKEN_INVALID: Words(
        marked("This page is no longer paired with the agent."),
        marked("Try again, and type a new pairing code."),
    ),
    Refused.ORIGIN_MISMATCH: Words(
        marked("The portal goes by another address than this page."),
        marked("Open the portal by the address with which it was started."),
    ),
    Refused.CODE_WRONG: Words(
        marked("This is not the newest pairing code, or its two minutes are over."),
        marked("./mynasim agent pair shows a new one. After five wrong ones the agent closes."),
    ),
    Refused.PAIRING_DENIED: Words(
        marked("At the agent nobody allowed this site, so the page is not paired."),
        marked(
            "Type a new code (./mynasim agent pair shows one), and allow the site this time."
        ),
    ),
    Refused.PAIRING_CLOSED: Words(
        marked(
            "Five wrong pairing codes were typed, so the agent pairs with no page any more."
        ),
        marked("If it was not you, see who did. End the agent, and start it anew."),
    ),
    Refused.PCSC_UNAVAILABLE: _PCSC,
    Refused.CARD_UNAVAILABLE: _UNAVAILABLE,
    Refused.BUSY: Words(
        marked("The agent is busy with another login."),
        marked("End that one, in another tab or in the agent's window, and try again."),
    ),
    Refused.OPERATION_NOT_FOUND: Words(
        marked("The agent does not know this login any more."), _AGAIN
    ),
}

FAILURES: dict[Failure, Words] = {
    Failure.PCSC_UNAVAILABLE: _PCSC,
    Failure.NO_READER: Words(
        marked("No card reader was found within a minute."),
        marked("Connect one, wait until its light is on, and begin again."),
    ),
    Failure.NO_CARD: Words(
        marked("No card was put on the reader within a minute."),
        marked("Begin again with the card at hand."),
    ),
    Failure.SEVERAL_CARDS: Words(
        marked("There are cards on several readers."),
        marked("Leave one, or begin again and choose."),
    ),
    Failure.CARD_BUSY: Words(
        marked("Another program uses the card."),
        marked("Close it, and begin again."),
    ),
    Failure.CARD_UNSUPPORTED: Words(
        marked("This card cannot log in."),
        marked("Put a My Number Card on the reader, the right side up, and begin again."),
    ),
    Failure.CARD_REMOVED: Words(
        marked("The card was taken off the reader too early."),
        marked("Put it back, leave it there until you are logged in, and begin again."),
    ),
    Failure.CARD_RESET: Words(
        marked("The reader has lost touch with the card."),
        marked("Leave the card where it is, and begin again. No PIN is sent twice."),
    ),
    Failure.CARD_REFUSED: Words(
        marked("The card refused to sign."),
        marked("Begin again. If it refuses again: ./mynasim card doctor looks closer."),
    ),
    Failure.CARD_UNAVAILABLE: _UNAVAILABLE,
    Failure.CONSENT_TIMEOUT: Words(
        marked("Nobody agreed at the agent within a minute."), _AGAIN
    ),
    Failure.PIN_TIMEOUT: Words(
        marked("No PIN was entered within a minute. No try was spent."), _AGAIN
    ),
    Failure.PIN_MALFORMED: Words(
        marked("A PIN has exactly four digits. It was not sent to the card."), _AGAIN
    ),
    Failure.PIN_LAST_TRY: Words(
        marked("The card has one try left, and nobody typed “yes”. No try was spent."),
        marked("Begin again only if you are sure of your PIN: a wrong one locks the card."),
    ),
    Failure.PIN_INCORRECT: Words(
        marked("The PIN was wrong."),
        marked("Begin again only if you are sure of your PIN. After three the card locks."),
    ),
    Failure.PIN_LOCKED: Words(
        marked("The card is locked: its PIN was wrong three times."),
        marked(
            "A real card is unlocked at the municipal counter alone. For an emulated one, go "
            "to this simulator's counter."
        ),
    ),
    Failure.PROMPT_UNAVAILABLE: Words(
        marked("The agent has no way to ask you."),
        marked("Start it on a desktop or at a terminal, not in the background."),
    ),
    Failure.PAGE_GONE: Words(
        marked("The agent heard nothing of this page for half a minute, and gave up."),
        marked("Keep the page open and in view, and begin again."),
    ),
    Failure.INTERNAL: Words(
        marked("The agent has failed."),
        marked("Begin again. If it fails again, its output names the kind of fault."),
    ),
}

ADVICE: dict[Code, str] = {
    Code.TOKEN_MALFORMED: _ONLY_A_FAULT,
    Code.ALG_NOT_ALLOWED: _ONLY_A_FAULT,
    Code.LOGIN_NOT_FOUND: _AGAIN,
    Code.SESSION_MISMATCH: _AGAIN,
    Code.NONCE_REPLAYED: _AGAIN,
    Code.NONCE_EXPIRED: marked("There are two minutes. Begin again with card and PIN at hand."),
    Code.CHANNEL_MISMATCH: _AGAIN,
    Code.ORIGIN_MISMATCH: REFUSALS[Refused.ORIGIN_MISMATCH].do,
    Code.PURPOSE_MISMATCH: _AGAIN,
    Code.CERT_MALFORMED: _ANOTHER_CARD,
    Code.CERT_KEY_UNSUPPORTED: _ANOTHER_CARD,
    Code.CERT_UNTRUSTED: marked("Use a card that this simulator has issued."),
    Code.CERT_EXPIRED: marked("Have it renewed at the counter, or use another card."),
    Code.CERT_NOT_YET_VALID: marked("Use another card, or this one once it is valid."),
    Code.CERT_WRONG_PURPOSE: _ANOTHER_CARD,
    Code.SIGNATURE_INVALID: _ANOTHER_CARD,
    Code.CERT_REVOKED: marked("Use the card that took its place, or ask at the counter."),
    Code.REVOCATION_UNKNOWN: marked("Use a card that this simulator has issued."),
    Code.REVOCATION_UNAVAILABLE: marked("Begin again in a few minutes."),
    Code.ACCOUNT_NOT_LINKED: marked("Use the card of a person who is registered here."),
}
"""What to do about each refusal that a login token may meet at the portal."""

PORTAL: dict[str, Words] = {
    **{code: Words(LOGIN_PROBLEMS[code], do) for code, do in ADVICE.items()},
    "csrf_failed": Words(
        marked("This page is out of date."), marked("Reload it, and begin again.")
    ),
    "session_ended": Words(
        marked("Your visit to this page has ended."), marked("Reload it, and begin again.")
    ),
    "rate_limited": Words(
        marked("There were too many attempts."), marked("Wait a minute, and begin again.")
    ),
}

_ROOMS: dict[str, dict[str, Words]] = {
    "page": {**STEPS, **OWN},
    "agent": {str(code): words for code, words in (*REFUSALS.items(), *FAILURES.items())},
    "portal": PORTAL,
}
TABLE = {
    f"{room}.{name}": words for room, table in _ROOMS.items() for name, words in table.items()
}
"""Every wording, by who says what."""
