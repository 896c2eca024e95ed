"""How long is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds of about `seconds` each; `share` is what part of the big tasks is done."""

    rounds: int
    seconds: float
    share: float


FULL = Effort(rounds=3, seconds=1.0, share=1.0)
QUICK = Effort(rounds=3, seconds=0.2, share=0.05)
