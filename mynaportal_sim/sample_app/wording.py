"""What the pages call the codes that the portal sends."""

from mynaportal_sim.sample_app.language import marked

CATEGORY_NAMES = {
    "checkup": marked("Check-up results"),
    "medication": marked("Medicines"),
    "basic": marked("Name, address, date of birth and sex"),
}
PURPOSE_NAMES = {"self-care": marked("Managing your own health")}
GROUP_NAMES = {
    "vital-signs": marked("Body and blood pressure"),
    "laboratory": marked("Blood and urine"),
    "social-history": marked("Habits"),
    "survey": marked("Your answers"),
    "exam": marked("Judgement"),
    "": marked("Other"),
}
FLAGS = {"H": marked("high"), "L": marked("low"), "A": marked("abnormal")}
ENDED = {
    "withdrawn": marked("You withdrew your consent at the portal."),
    "expired": marked("The consent has reached the end of its term."),
    "prohibited": marked("You, or an authority, do not let us have your records."),
    "invalidated": marked("Your consent was found to be invalid."),
    "revoked": marked("An authority revoked your consent."),
    "lapsed": marked("Whoever consented for you no longer acts for you."),
    "purpose_changed": marked("We have changed what we use your records for since you agreed."),
    "exhausted": marked("We have fetched your records as often as you allowed."),
    "replaced": marked("A newer consent of yours has taken the place of this one."),
}
"""Why access has ended, by the code of the portal's refusal."""
