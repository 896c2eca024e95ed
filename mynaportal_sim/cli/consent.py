"""`mynasim consent`: the rule of consent, what stands above it, and receipts."""

import typer

from consent.model import TRANSITIONS
from consent.policy import Reason, table
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.consent_change import change, list_consents
from mynaportal_sim.cli.consent_latency import latency
from mynaportal_sim.cli.consent_prohibit import lift, prohibit, prohibited
from mynaportal_sim.cli.consent_verify import roots, verify
from mynaportal_sim.cli.options import JsonOption

app = typer.Typer(
    help="Read the rule of consent; see, end, prohibit as an authority does; verify receipts.",
    no_args_is_help=True,
)
app.command("list")(list_consents)
for _command in (change, prohibit, prohibited, lift, latency, verify, roots):
    app.command()(_command)


@app.callback()
def consent() -> None:
    """The rule by which data are given or refused."""


@app.command("table")
def show_table(json: JsonOption = False) -> None:
    """Print the rule as tables in Markdown: the checks, several consents, the life of one.

    Each row is worked out by the code that decides accesses, so it cannot be out of date.

    Examples: mynasim consent table · mynasim consent table --json
    """
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
