"""What the pages call the things that happen; a tone is a colour and never the only sign."""

from card_reader.spec import Kind
from consent.without import Status
from mynaportal_sim.documents.entries import BY_PERSON
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.refusal import Code
from mynaportal_sim.records.canaries import Why
from mynaportal_sim.records.demand import TokenFault
from mynaportal_sim.web.language import marked

EVENTS = {
    "login.accepted": marked("You logged in"),
    "login.refused": marked("A login was refused"),
    "consent.requested": marked("You were asked for consent"),
    "consent.granted": marked("Consent was given"),
    "consent.signature_refused": marked("A signature under a consent was refused"),
    "consent.denied": marked("Consent was refused"),
    "consent.withdrawn": marked("A consent was withdrawn"),
    "consent.deferred": marked("An answer was put off"),
    "consent.cancelled": marked("A request for consent was cancelled"),
    "consent.suspended": marked("A consent was suspended"),
    "consent.resumed": marked("A suspended consent was resumed"),
    "consent.revoked": marked("An authority revoked a consent"),
    "consent.invalidated": marked("A consent was found to be invalid"),
    "consent.lapsed": marked("A consent lapsed"),
    "consent.prohibited": marked("Handing over was prohibited"),
    "consent.prohibition_lifted": marked("A prohibition was lifted"),
    "consent.agreed": marked("A guardian agreed; your assent is awaited"),
    "consent.assented": marked("You assented to what a guardian agreed to"),
    "mandate.registered": marked("Somebody was registered to act for you"),
    "mandate.proposed": marked("You invited somebody to act for you"),
    "mandate.accepted": marked("Somebody accepted to act for you"),
    "mandate.used": marked("Somebody came to act for you"),
    "mandate.suspended": marked("Acting for you was suspended"),
    "mandate.resumed": marked("Acting for you was resumed"),
    "mandate.ended": marked("Somebody no longer acts for you"),
    "mandate.revoked": marked("An authority took away the right to act for you"),
    "mandate.blocked": marked("A measure of non-disclosure protects you"),
    "mandate.unblocked": marked("A measure of non-disclosure has ended"),
    "token.issued": marked("Access key issued"),
    "token.refused": marked("Access key not issued"),
    "token.revoked": marked("Access key revoked"),
    "access.permitted": marked("Data handed over"),
    "access.refused": marked("Data not handed over"),
    "access.listed": marked("Whoever acts for you looked at which records a consent gives"),
    "erasure.requested": marked("An app was asked to erase your data"),
    "erasure.acknowledged": marked("An app knows that it must erase your data"),
    "erasure.awaiting_recipients": marked(
        "An app certified that it has erased your data; others still have to"
    ),
    "erasure.attested": marked("An app certified that it has erased your data"),
    "erasure.retained_by_law": marked("An app keeps your data because a law demands it"),
    "canary.planted": marked("The portal planted records to find copies"),
    "canary.found": marked("A copy of your data was found"),
    "access.without_consent": marked("Data handed over without your consent"),
    "access.without_consent_refused": marked("Data not handed over without your consent"),
    "review.upheld": marked("A review found that access without consent was right"),
    "review.objected": marked("A review objected to access without consent"),
    "research.notified": marked("You were notified of medical research"),
    "research.opted_out": marked("You objected to medical research"),
    "research.opted_in": marked("You no longer object to medical research"),
    "exchange.provided": marked("Agencies exchanged your data"),
    "exchange.withheld": marked("Agencies exchanged your data (not disclosed)"),
    "authority.renewed": marked("A simulated authority went over to a new key"),
    "key.next": marked("The portal published its next signing key"),
    "key.activated": marked("The portal began to sign with a key"),
    "key.retired": marked("The portal ceased to sign with a key"),
    "key.removed": marked("The portal declared a signing key invalid"),
    "app.purpose_declared": marked("An app declared its purpose anew"),
    "app.purpose_reviewed": marked("What an app declared was reviewed"),
    "ledger.erased": marked("Entries were erased"),
    "card.issued": marked("A card was issued to you"),
    "card.renewed": marked("Your card's certificates were renewed"),
    "card.name_changed": marked("The change of your name was registered"),
    "card.address_changed": marked("The change of your address was registered"),
    "card.holder_died": marked("The death of the card's holder was registered"),
    "card.lost": marked("Your card was stopped because it is lost"),
    "card.found": marked("Your card can be used again"),
    "card.given_up": marked("Your lost card was given up; its certificates were revoked"),
    "card.returned": marked("You gave your card back; its certificates were revoked"),
    "card.reissued": marked("A new card took the place of the old one"),
    "card.phone_added": marked("Certificates were put on your phone"),
    "card.phone_lost": marked("The certificates on your phone were revoked"),
    "card.pin_unblocked": marked("PINs of your card were set anew"),
    "card.came_of_age": marked("You got your first signing certificate"),
    "card.certified": marked("You got a new signing certificate"),
    "card.permit_extended": marked("Your card goes on with your period of stay"),
    "card.permit_ended": marked("Your card ended with your period of stay"),
    "certificate.status_told": marked("An app asked whether your certificate is valid"),
    "certificate.successor_told": marked("An app asked which certificate replaced yours"),
    "document.sign_asked": marked("An app asked you to sign a document"),
    "document.signed": marked("You signed a document"),
    "document.sign_refused": marked("A document was not signed"),
    "user_id.tied": marked("An app tied its user ID to your certificate"),
    "user_id.found": marked("An app found its user ID by your certificate"),
    "user_id.released": marked("A user ID was released from your certificate"),
}
OWN_EVENTS = {
    "consent.granted": marked("You consented"),
    "consent.denied": marked("You did not consent"),
    "consent.withdrawn": marked("You withdrew a consent"),
    "consent.deferred": marked("You put an answer off"),
    "consent.suspended": marked("You suspended a consent"),
    "consent.resumed": marked("You resumed a suspended consent"),
    "consent.prohibited": marked("You prohibited handing over"),
    "consent.prohibition_lifted": marked("You lifted a prohibition"),
    "user_id.released": marked("You released an app's user ID from your certificate"),
}
"""The same where the person did it, and nobody for them or above them."""

TONES = {
    "login.refused": "bad",
    "consent.signature_refused": "bad",
    "document.sign_refused": "past",
    "token.refused": "bad",
    "access.refused": "bad",
    "access.permitted": "good",
    "canary.found": "bad",
    "erasure.attested": "good",
    "access.without_consent": "bad",
    "access.without_consent_refused": "past",
    "review.objected": "bad",
    "key.removed": "bad",
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
    "erasure": marked("Erasures"),
    "canary": marked("Copies that were found"),
    "mandate": marked("Acting for you"),
    "card": marked("Card and certificates"),
    "certificate": marked("Questions about your certificates"),
    "document": marked("Documents to sign"),
    "user_id": marked("User IDs tied to your certificates"),
}
ROLES = {
    "self": marked("the person"),
    "guardian": marked("guardian of a minor"),
    "proxy": marked("registered proxy"),
    "adult_guardian": marked("guardian of an adult"),
}
OFFICES = {
    "app": marked("The app"),
    "authority": marked("An authority"),
    "court": marked("A court"),
    "portal": marked("This portal"),
    "municipality": marked("The municipal counter"),
}
"""Who acts in their own right, and not for the person."""

ACTS = {
    "view": marked("see"),
    "grant": marked("consent"),
    "withdraw": marked("stop and prohibit"),
}
MANDATE_STATUSES = {
    "proposed": (marked("Not accepted yet"), "past"),
    "active": (marked("In force"), "good"),
    "suspended": (marked("Suspended"), "past"),
    "ended": (marked("Ended"), "past"),
    "revoked": (marked("Taken away by an authority"), "bad"),
    "not_yet_valid": (marked("Not valid yet"), "past"),
    "expired": (marked("Ended"), "past"),
    "lapsed": (marked("Ended by coming of age"), "past"),
}
CHANNELS: dict[Channel, str] = {
    Channel.AGENT: marked("logged in with a card, by a program"),
    Channel.QR: marked("logged in with a card on a card reader"),
    Channel.SOFT: marked("logged in with an emulated card of this simulator"),
}
SIGNED_WITH = {
    Kind.SIGNING.value: marked("with the card's certificate for digital signatures"),
    Kind.USER_AUTHENTICATION.value: marked(
        "with the card's certificate for user authentication"
    ),
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
REVIEWS: dict[Status, tuple[str, str]] = {
    Status.OPEN: (marked("Awaits review"), "past"),
    Status.OVERDUE: (marked("Review overdue"), "bad"),
    Status.UPHELD: (marked("Found to be right"), "good"),
    Status.OBJECTED: (marked("Found to be wrong"), "bad"),
}
"""How the review of an access without consent stands, in words and as a tone."""

_LOGIN_REASONS: dict[Code, str] = {
    Code.PIN_MALFORMED: marked("The PIN or password did not have its form."),
    Code.PIN_LAST_TRY: marked("The card had one try left, and nobody confirmed it."),
    Code.PIN_INCORRECT: marked("The PIN was wrong."),
    Code.PIN_LOCKED: marked("The card was locked."),
    Code.CARD_UNAVAILABLE: marked("The emulated card could not be used."),
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
    Code.REVOCATION_UNKNOWN: marked(
        "The authority that is said to have issued the card's certificate does not know it."
    ),
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
    Code.PURPOSE_MISMATCH: marked("The signature was made for something else."),
    Code.SIGNING_CERT_MISSING: marked("The card has no certificate for digital signatures."),
    Code.CERT_OTHER_PERSON: marked("The card is not that of the person who is logged in."),
}
REASONS: dict[str, str] = {
    **{code.value: said for code, said in _LOGIN_REASONS.items()},
    TokenFault.REVOKED: marked("The app's access key had been revoked."),
    TokenFault.REPLAYED_PROOF: marked("The app used a proof a second time."),
    "code_replayed": marked("The app's authorization code was used a second time."),
    BY_PERSON: marked("You did not want to sign it."),
    "mandate_over": marked("It was asked for by somebody who no longer acts for you."),
    "refresh_token_reused": marked(
        "The app's refresh token was used a second time; somebody else may have a copy."
    ),
    "revoked_by_app": marked("The app gave it back."),
    Why.ATTESTED: marked("The app had certified that it erased your data, and kept a copy."),
    Why.ENDED: marked("The app kept a copy after its consent had ended."),
    Why.LEAKED: marked("What the app received has turned up elsewhere."),
}
"""Why something was refused or ended, by the code in the ledger; `Reason` has its own words."""

_CARD_UNAVAILABLE = marked(
    "The emulated card cannot be used now: another program holds its file, or the file is "
    "damaged. Try again; if that does not help, have the card issued anew at the counter."
)
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
    Code.CARD_UNAVAILABLE: _CARD_UNAVAILABLE,
    Code.CONFIRM_CODE_WRONG: marked("Those digits are wrong. Tries left: %(left)s."),
}
"""What the login form says of a refusal, and what to do about it."""

SIGNING_PROBLEMS: dict[Code, str] = {
    Code.PIN_MALFORMED: marked(
        "A password for signatures has 6 to 16 letters and digits. It was not sent to the card."
    ),
    Code.PIN_INCORRECT: marked("That password is wrong. Tries left: %(left)s."),
    Code.PIN_LAST_TRY: marked(
        "The card has one try left. If the next password is wrong, it locks. "
        "Enter the password again only if you are sure."
    ),
    Code.PIN_LOCKED: marked(
        "The password for signatures is locked: it was wrong five times. With a real card only "
        "the municipal counter can unlock it; here, make the persona's card anew."
    ),
}
"""What the form for signatures says where its password is another than a login's PIN."""

SIGNATURE_ELSEWHERE = {
    "confirmed": marked("Your card has signed, and what you chose is handed over."),
    "denied": marked("At the card reader somebody said no. Nothing is handed over."),
    "cancelled": marked("The signature was cancelled. Nothing is handed over."),
    "expired": marked("The signature took longer than three minutes. Nothing is handed over."),
}
DOCUMENT_ELSEWHERE = {
    "confirmed": marked("Your card has signed the document."),
    "denied": marked("At the card reader somebody said no. The document is not signed."),
    "cancelled": marked("The signature was cancelled. The document is not signed."),
    "expired": marked("The signature took longer than three minutes. It was not taken."),
}
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
    "card_unavailable": _CARD_UNAVAILABLE,
    "persona_not_found": marked("This person has no emulated card here."),
    "interaction_gone": marked("This request was answered before, or it has expired."),
    "invalid_request": marked(
        "The app's request is not in order, so you are not sent back to it. "
        "Only the app's developer can mend this."
    ),
    "no_such_published": marked("No authority here publishes that."),
    "no_such_refusal": marked("No refusal is kept by that id. Each is kept for a week."),
    "no_such_arrangement": marked("You have given no such consent."),
    "no_such_consent": marked("You have given no such consent."),
    "no_such_record": marked("This consent is about no such record of yours."),
    "no_such_request": marked(
        "This question no longer waits: it was answered, has run out, or the app asks anew."
    ),
    "no_such_user_code": marked(
        "No device waits behind this code. Compare each letter with the device; each code "
        "serves once, and for ten minutes."
    ),
    "no_such_document": marked("Nobody asks you to sign such a document, or not any more."),
    "no_such_user_id": marked("No app knows you by your certificate under that ID any more."),
    "no_such_prohibition": marked("There is no such prohibition."),
    "not_yours": marked("You cannot lift this prohibition."),
    "unknown_choice": marked("There is no such app or kind of data. Choose from the lists."),
    "not_signed_later": marked(
        "You can sign only while the app waits for your answer. Answer here without signing, "
        "or sign when the app asks you again."
    ),
    "no_such_entry": marked(
        "This is no entry of yours, or it is still being added to the log."
    ),
    "unreadable_filter": marked(
        "What you asked for cannot be read. Choose from the lists, and days as 2026-04-01."
    ),
    "illegal_transition": marked(
        "This cannot be done with a consent in this state: %(state)s."
    ),
    "only_in_person": marked(
        "Nobody does this for another. Stop acting for others first, or let them do it."
    ),
    "awaits_assent": marked(
        "A guardian has agreed. Now the person themselves must log in and assent."
    ),
    "mandate_not_in_force": marked("You may not do this for the person any more."),
    "mandate_moved": marked("How this mandate stands has changed in the meantime."),
    "no_such_mandate": marked("Nobody acts under this mandate."),
    "no_such_invitation": marked("This code invites nobody, has run out, or was used."),
    "cannot_say": marked("That format cannot say what you agreed to without giving more."),
    "stale_version": marked("A newer answer of yours has replaced this consent."),
}
"""What a page says of a problem beside its title; others say all with their title.

`state` is how the consent stands, in words of `STATUSES`.
"""
