"""The questions that a researcher can ask of an export, a file each.

Each file says in its docstring what exactly it counts. `later` there means: later in time, or
in the same second and at a higher index. Entries that were erased have no fields and are in no
answer.
"""

from mynaportal_sim.research.questions import (
    accesses,
    after_expiry,
    after_withdrawal,
    declared_vs_used,
    over_quota,
    prompts,
    refusals,
    withdrawal_latency,
)
from mynaportal_sim.research.questions.question import Question

QUESTIONS: tuple[Question, ...] = (
    accesses.QUESTION,
    after_withdrawal.QUESTION,
    after_expiry.QUESTION,
    over_quota.QUESTION,
    declared_vs_used.QUESTION,
    withdrawal_latency.QUESTION,
    refusals.QUESTION,
    prompts.QUESTION,
)
