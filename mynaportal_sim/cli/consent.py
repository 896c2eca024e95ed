"""`mynasim consent`: the rule of consent, what stands above it, and receipts."""

from typing import Annotated

import typer

from consent.model import TRANSITIONS
from consent.policy import Reason, table
from consent.views import states
from consent.views import table as views
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.consent_change import change, list_consents
from mynaportal_sim.cli.consent_check import check
from mynaportal_sim.cli.consent_latency import latency
from mynaportal_sim.cli.consent_prohibit import lift, prohibit, prohibited
from mynaportal_sim.cli.consent_verify import roots, verify
from mynaportal_sim.cli.consent_views import export, import_
from mynaportal_sim.cli.options import JsonOption

app = typer.Typer(
    help="Read the rule of consent; see, end, prohibit as an authority does; verify receipts.",
    no_args_is_help=True,
)
app.command("list")(list_consents)
app.command("import")(import_)
for _command in (change, check, prohibit, prohibited, lift, latency, verify, roots, export):
    app.command()(_command)


@app.callback()
def consent() -> None:
    """The rule by which data are given or refused."""


@app.command("table")
def show_table(
    others: Annotated[
        bool,
        typer.Option("--views", help="How other formats tell a consent, and what they lose."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Print the rule as tables in Markdown: the checks, several consents, the life of one.

    Each row is worked out by the code that decides accesses, so it cannot be out of date.

    Examples: mynasim consent table · mynasim consent table --json ·
    mynasim consent table --views
    """
    if others:
        say(_views(), views.markdown(), json)
        return
    document: dict[str, object] = {
        "checks": [
            {
                "reason": reason.value,
                "asks": table.ASKED[reason],
                "ja": reason.sentence_ja,
                "en": reason.sentence_en,
            }
            for reason in Reason
        ],
        "cases": [case._asdict() for case in table.cases()],
        "transitions": [
            {"state": state.value, "event": event.value, "becomes": to.value}
            for (state, event), to in TRANSITIONS.items()
        ],
    }
    say(document, table.markdown(), json)


def _views() -> dict[str, object]:
    return {
        "statuses": {
            words.system: {"told": dict(words.told), "read": dict(words.read)}
            for words in states.ALL
        },
        "lost": {
            name: [loss._asdict() for loss in losses] for name, losses in views.LOST.items()
        },
    }
