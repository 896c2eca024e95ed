"""A consent as artefacts of India's Ayushman Bharat Digital Mission (ABDM), and back.

An artefact gives whole kinds of records for one range of days, so that a consent becomes one
for each range. Its status is no part of it; both come together, as in the answer to a fetch.
"""

from consent.views.abdm.read import read
from consent.views.abdm.tell import tell
from consent.views.abdm.words import LOSSES, Words

__all__ = ["LOSSES", "Words", "read", "tell"]
