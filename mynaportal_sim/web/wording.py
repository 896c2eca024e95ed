"""What the pages call the things that happen; a tone is a colour and never the only sign."""

from mynaportal_sim.web.language import marked

EVENTS = {
    "login.accepted": marked("You logged in"),
    "login.refused": marked("A login was refused"),
    "consent.granted": marked("You consented"),
    "consent.denied": marked("You refused"),
    "consent.withdrawn": marked("You withdrew a consent"),
    "consent.superseded": marked("A newer consent took its place"),
    "token.issued": marked("Access key issued"),
    "token.refused": marked("Access key refused"),
    "token.revoked": marked("Access key revoked"),
    "access.permitted": marked("Data handed over"),
    "access.refused": marked("Access refused"),
}
TONES = {
    "login.refused": "bad",
    "token.refused": "bad",
    "access.refused": "bad",
    "access.permitted": "good",
    "login.accepted": "past",
    "token.issued": "past",
    "token.revoked": "past",
}
STATUSES = {
    "requested": (marked("Asked"), "past"),
    "granted": (marked("In force"), "good"),
    "denied": (marked("Refused by you"), "bad"),
    "withdrawn": (marked("Withdrawn"), "bad"),
    "superseded": (marked("Replaced by a newer one"), "past"),
    "not_yet_valid": (marked("Not valid yet"), "past"),
    "expired": (marked("Ended"), "past"),
}
LOGIN_PROBLEMS = {
    "pin_malformed": marked("A PIN has exactly four digits. It was not sent to the card."),
    "pin_incorrect": marked("That PIN is wrong. The card has %(left)s tries left."),
    "pin_last_try": marked(
        "The card has one try left. If the next PIN is wrong, it locks. "
        "Enter the PIN again only if you are sure."
    ),
    "pin_locked": marked(
        "This card is locked: the PIN was wrong three times. With a real card only the "
        "municipal counter can unlock it; here, make the persona's card anew or choose another."
    ),
    "cert_expired": marked("The card's certificate has expired."),
    "cert_revoked": marked("The card's certificate has been revoked."),
    "refused": marked("The login was refused (%(code)s). Start again."),
}
REASONS = {
    "pin_incorrect": marked("The PIN was wrong."),
    "pin_malformed": marked("The PIN had not four digits."),
    "pin_last_try": marked("One try was left, and nobody confirmed it."),
    "pin_locked": marked("The card was locked."),
    "cert_expired": marked("The card's certificate has expired."),
    "cert_revoked": marked("The card's certificate has been revoked."),
    "replayed_proof": marked("A proof of possession was used a second time."),
    "access_denied": marked("Consent was refused."),
}
