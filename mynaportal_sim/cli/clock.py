"""`mynasim clock`: see and move the time that the portal, its cards and its tokens live in."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from consent.instants import rfc3339
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.options import DataOption, JsonOption, settings_of
from mynaportal_sim.clock import Clock, ClockError
from mynaportal_sim.settings import Mode

app = typer.Typer(help="See the portal's time, or move it forward.", no_args_is_help=True)

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(text: str) -> timedelta:
    """A span such as `90d`, `36h` or `1d12h`.

    Raises:
        typer.BadParameter: the text is no such span.
    """
    if not re.fullmatch(r"([0-9]{1,6}[smhdw]){1,5}", text):
        raise typer.BadParameter("give a span such as 90d, 36h or 1d12h (units: s m h d w)")
    parts = re.findall(r"([0-9]+)([smhdw])", text)
    return sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta())


@app.command()
def show(data: DataOption = None, json: JsonOption = False) -> None:
    """Say what time it is in the portal.

    Example: mynasim clock show
    """
    _tell(_clock(data), json)


@app.command()
def forward(
    span: Annotated[timedelta, typer.Argument(parser=duration, metavar="SPAN")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Move the portal's time forward; certificates, tokens and consents follow at once.

    Examples: mynasim clock forward 91d · mynasim clock forward 6m
    """
    clock = _clock(data)
    clock.forward(span)
    _tell(clock, json)


def _clock(data: DataOption) -> Clock:
    settings = settings_of(data=data)
    if settings.mode is Mode.STRICT:
        raise ClockError("in strict mode the clock follows real time and cannot be moved")
    return Clock(settings.clock)


def _tell(clock: Clock, json: bool) -> None:
    now, ahead = rfc3339(clock.now()), clock.offset
    document = {"now": now, "ahead_seconds": int(ahead.total_seconds())}
    say(document, f"{now} ({ahead} ahead of real time)", json)
