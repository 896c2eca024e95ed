"""Somebody who helps a person at a counter, and is named in what is recorded."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from mynaportal_sim.legible import legible

HELPER_MAX = 100


def _shown(text: str) -> str:
    """A name that people will read must not be able to pose as something else."""
    if not legible(text):
        raise ValueError("has a control or direction character")
    return text.strip()


HelperField = Annotated[str, Field(max_length=HELPER_MAX), AfterValidator(_shown)]
"""Who helped, as in 清瀬市 市民課 田中一郎; empty for nobody."""


class Assisted(BaseModel):
    """The part that each form has by which a person answers, ends or changes something."""

    helped_by: HelperField = ""
