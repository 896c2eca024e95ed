"""`mynasim agent doctor`: from the card to the portal, what is wrong and what to do."""

import socket
from collections.abc import Iterator
from contextlib import closing
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from card_reader.agent import control, window_process
from card_reader.errors import CardError
from mynaportal_sim.cli import card_doctor
from mynaportal_sim.cli.card_source import presented
from mynaportal_sim.cli.findings import Finding
from mynaportal_sim.cli.options import settings_of
from mynaportal_sim.cli.portal_client import portal_client, unreached
from mynaportal_sim.cli.portal_origin import origin_of
from mynaportal_sim.clock import Clock


def findings(portal: str, port: int, card: Path | None, reader: str | None) -> list[Finding]:
    """What there is to find between a card and `portal`."""
    origin = origin_of(portal)
    return [
        *_of_cards(card, reader),
        _of_window(),
        _of_port(port),
        *_of_portal(origin),
    ]


def _of_cards(card: Path | None, reader: str | None) -> Iterator[Finding]:
    if card is None:
        found, reader = card_doctor.of_service(reader)
        yield from found
    if card is not None or reader is not None:
        try:
            with presented(card, reader) as transport:
                yield from card_doctor.of_card(transport, Clock())
        except CardError as error:
            yield Finding("card", False, error.problem, error.remedy)


def _of_window() -> Finding:
    lacking = window_process.lacking()
    return Finding("window", True, lacking or "can be shown")


def _of_port(port: int) -> Finding:
    try:
        agents = [agent for agent in control.running() if agent.port == port]
    except CardError as error:
        return Finding("port", False, error.problem, error.remedy)
    if agents:
        named = ", ".join(agents[0].origins)
        return Finding("port", True, f"{port}: an agent of yours runs, for {named}")
    with closing(socket.socket()) as probe:
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    found = f"{port} is {'taken by another program' if taken else 'free'}"
    return Finding("port", not taken, found, "stop that program, or choose --port")


def _of_portal(origin: str) -> Iterator[Finding]:
    """Whether it answers, and how its clock differs: that does no harm, but explains dates."""
    try:
        with portal_client(settings_of()) as http:
            answer = http.get(f"{origin}/")
    except httpx.TransportError as error:
        yield Finding(
            "portal", False, unreached(error, origin), "start it, or name it with --portal"
        )
        return
    yield Finding("portal", True, f"{origin} answers ({answer.status_code})")
    if told := answer.headers.get("date"):
        ahead = parsedate_to_datetime(told) - Clock().now()
        yield Finding("clock", True, f"the portal is {ahead.total_seconds():+.0f} s from here")
