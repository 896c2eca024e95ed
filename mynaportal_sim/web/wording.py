"""What the pages call the things that happen; a tone is a colour and never the only sign."""

from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.refusal import Code
from mynaportal_sim.records.demand import TokenFault
from mynaportal_sim.web.language import marked

EVENTS = {
    "login.accepted": marked("You logged in"),
    "login.refused": marked("A login was refused"),
    "consent.requested": marked("You were asked for consent"),
    "consent.granted": marked("You consented"),
    "consent.denied": marked("You did not consent"),
    "consent.withdrawn": marked("You withdrew a consent"),
    "consent.superseded": marked("A newer consent took its place"),
    "consent.deferred": marked("You put an answer off"),
    "consent.cancelled": marked("A request for consent was cancelled"),
    "consent.suspended": marked("A consent was suspended"),
    "consent.resumed": marked("A suspended consent was resumed"),
    "consent.revoked": marked("An authority revoked a consent"),
    "consent.invalidated": marked("A consent was found to be invalid"),
    "consent.lapsed": marked("A consent lapsed"),
    "consent.prohibited": marked("Handing over was prohibited"),
    "consent.prohibition_lifted": marked("A prohibition was lifted"),
    "token.issued": marked("Access key issued"),
    "token.refused": marked("Access key not issued"),
    "token.revoked": marked("Access key revoked"),
    "access.permitted": marked("Data handed over"),
    "access.refused": marked("Data not handed over"),
    "exchange.provided": marked("Agencies exchanged your data"),
    "exchange.withheld": marked("Agencies exchanged your data (not disclosed)"),
    "app.purpose_declared": marked("An app declared its purpose anew"),
    "ledger.erased": marked("Entries were erased"),
}
TONES = {
    "login.refused": "bad",
    "token.refused": "bad",
    "access.refused": "bad",
    "access.permitted": "good",
    "login.accepted": "past",
    "consent.requested": "past",
    "token.issued": "past",
    "token.revoked": "past",
}
KIND_LABELS = {
    "access": marked("Data handed over, or refused"),
    "consent": marked("Consents"),
    "token": marked("Access keys"),
    "login": marked("Logins"),
}
CHANNELS: dict[Channel, str] = {
    Channel.AGENT: marked("logged in with a card, by a program"),
    Channel.QR: marked("logged in with a card on a card reader"),
    Channel.SOFT: marked("logged in with an emulated card of this simulator"),
}
STATUSES = {
    "requested": (marked("Asked"), "past"),
    "granted": (marked("In force"), "good"),
    "denied": (marked("You did not consent"), "bad"),
    "withdrawn": (marked("Withdrawn"), "bad"),
    "superseded": (marked("Replaced by a newer one"), "past"),
    "deferred": (marked("Answer put off"), "past"),
    "cancelled": (marked("Cancelled"), "past"),
    "suspended": (marked("Suspended"), "past"),
    "revoked": (marked("Revoked by an authority"), "bad"),
    "invalidated": (marked("Invalid"), "bad"),
    "lapsed": (marked("Lapsed"), "past"),
    "exhausted": (marked("Used up"), "past"),
    "not_yet_valid": (marked("Not valid yet"), "past"),
    "expired": (marked("Ended"), "past"),
}

_LOGIN_REASONS: dict[Code, str] = {
    Code.PIN_MALFORMED: marked("The PIN was not four digits."),
    Code.PIN_LAST_TRY: marked("The card had one try left, and nobody confirmed it."),
    Code.PIN_INCORRECT: marked("The PIN was wrong."),
    Code.PIN_LOCKED: marked("The card was locked."),
    Code.TOKEN_MALFORMED: marked("What the card reader sent could not be read."),
    Code.ALG_NOT_ALLOWED: marked("The signature was of a kind that is not accepted."),
    Code.LOGIN_NOT_FOUND: marked("No such login had been begun."),
    Code.SESSION_MISMATCH: marked("The login had been begun in another browser."),
    Code.NONCE_REPLAYED: marked("The same signature was sent a second time."),
    Code.NONCE_EXPIRED: marked("The login took too long."),
    Code.CHANNEL_MISMATCH: marked("The login was to be finished otherwise than it was begun."),
    Code.ORIGIN_MISMATCH: marked("The signature was made for another site."),
    Code.CERT_MALFORMED: marked("The card's certificate could not be read."),
    Code.CERT_KEY_UNSUPPORTED: marked("The card's key is of a kind that is not accepted."),
    Code.CERT_UNTRUSTED: marked("Nobody trusted here has issued the card's certificate."),
    Code.CERT_EXPIRED: marked("The card's certificate has expired."),
    Code.CERT_NOT_YET_VALID: marked("The card's certificate is not valid yet."),
    Code.CERT_WRONG_PURPOSE: marked("The certificate is not the one for user authentication."),
    Code.SIGNATURE_INVALID: marked("The card's signature is wrong."),
    Code.CERT_REVOKED: marked("The card's certificate has been revoked."),
    Code.REVOCATION_UNAVAILABLE: marked(
        "Nobody could say whether the card's certificate has been revoked."
    ),
    Code.ACCOUNT_NOT_LINKED: marked("The card belongs to nobody who is registered here."),
    Code.CODE_NOT_FOUND: marked("No screen shows this code."),
    Code.CODE_EXPIRED: marked("The code on the screen had run out."),
    Code.CODE_CLAIMED: marked("The code had been used before."),
    Code.DEVICE_MISMATCH: marked("Another device had used the code."),
    Code.SECOND_DEVICE_DENIED: marked("Somebody said no at the card reader."),
    Code.SECOND_DEVICE_CANCELLED: marked("The login was cancelled in the browser."),
    Code.CONFIRM_CODE_WRONG: marked("The six digits were wrong."),
    Code.LOGIN_EXPIRED: marked("The login took longer than three minutes."),
    Code.LOGIN_ENDED: marked("The login had ended before."),
}
REASONS: dict[str, str] = {
    **{code.value: said for code, said in _LOGIN_REASONS.items()},
    TokenFault.REVOKED: marked("The app's access key had been revoked."),
    TokenFault.REPLAYED_PROOF: marked("The app used a proof a second time."),
    "code_replayed": marked("The app's authorization code was used a second time."),
    "revoked_by_app": marked("The app gave it back."),
}
"""Why something was refused or ended, by the code in the ledger; `Reason` has its own words."""

LOGIN_PROBLEMS: dict[Code, str] = {
    **_LOGIN_REASONS,
    Code.PIN_MALFORMED: marked("A PIN has exactly four digits. It was not sent to the card."),
    Code.PIN_INCORRECT: marked("That PIN is wrong. Tries left: %(left)s."),
    Code.PIN_LAST_TRY: marked(
        "The card has one try left. If the next PIN is wrong, it locks. "
        "Enter the PIN again only if you are sure."
    ),
    Code.PIN_LOCKED: marked(
        "This card is locked: the PIN was wrong three times. With a real card only the "
        "municipal counter can unlock it; here, make the persona's card anew or choose another."
    ),
    Code.CONFIRM_CODE_WRONG: marked("Those digits are wrong. Tries left: %(left)s."),
}
"""What the login form says of a refusal, and what to do about it."""

SECOND_DEVICE = {
    "confirmed": marked("You are logged in."),
    "denied": marked(
        "Somebody said no at the card reader, so nobody is logged in. Start again if that was "
        "a mistake."
    ),
    "cancelled": marked("You cancelled this login. Nobody is logged in."),
    "expired": marked(
        "The login took longer than three minutes, so nobody is logged in. Start again, with "
        "the card at hand."
    ),
}
"""How a login by a second device ended, for the browser that began it."""

PROBLEMS = {
    "login_required": marked("Only a person who is logged in can do this."),
    "session_ended": marked("Your session has ended."),
    "csrf_failed": marked("This form is out of date, or did not come from this site."),
    "persona_not_found": marked("This person has no emulated card here."),
    "interaction_gone": marked("This request was answered before, or it has expired."),
    "invalid_request": marked(
        "The app's request is not in order, so you are not sent back to it. "
        "Only the app's developer can mend this."
    ),
    "no_such_arrangement": marked("You have given no such consent."),
    "no_such_consent": marked("You have given no such consent."),
    "no_such_request": marked(
        "This question no longer waits: it was answered, has run out, or the app asks anew."
    ),
    "no_such_prohibition": marked("There is no such prohibition."),
    "not_yours": marked("Only whoever prohibited it can lift it."),
    "unknown_choice": marked("There is no such app or kind of data. Choose from the lists."),
    "no_such_entry": marked(
        "This is no entry of yours, or it is still being added to the log."
    ),
    "unreadable_filter": marked(
        "What you asked for cannot be read. Choose from the lists, and days as 2026-04-01."
    ),
    "illegal_transition": marked("This consent has ended or was withdrawn before."),
    "cannot_say": marked("That format cannot say what you agreed to without giving more."),
    "stale_version": marked("A newer answer of yours has replaced this consent."),
}
"""What a page says of a problem beside its title; others say all with their title."""
