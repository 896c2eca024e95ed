"""Tells a walk in the terminal."""

import json

from rich.console import Console
from rich.markup import escape

from card_reader.apdu import Ins

_NAMES = {
    0xA4: "SELECT",
    0xB0: "READ BINARY",
    Ins.VERIFY: "VERIFY",
    0x2A: "COMPUTE DIGITAL SIGNATURE",
}
_SHOWN = 20  # bytes of an APDU
_HEADER = 5  # CLA INS P1 P2 Lc


class Narrator:
    """Numbered titles, and beneath each what was done and what held."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._count = 0

    def title(self, text: str) -> None:
        """Begin the next step."""
        self._console.print(f"\n[bold blue]{self._count}[/]  [bold]{escape(text)}[/]")
        self._count += 1

    def line(self, name: str, value: object) -> None:
        """One fact."""
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        self._console.print(f"   [dim]{escape(name):>14}[/]  {escape(said)}")

    def apdu(self, command: bytes, response: bytes) -> None:
        """One exchange with a card; PINs were masked before."""
        name = _NAMES.get(command[1], "APDU")
        answer = f"{len(response) - 2} bytes " if len(response) > 2 else ""
        status = response[-2:].hex().upper()
        self._console.print(
            f"   [dim]{'APDU':>14}[/]  {_hex(command)}  [dim]{name} → {answer}{status}[/]"
        )

    def held(self, what: str) -> None:
        """Something that had to hold, and did."""
        self._console.print(f"   [green]{'✓':>14}[/]  {escape(what)}")

    def done(self, text: str) -> None:
        """The end of the walk."""
        self._console.print(f"\n[bold green]✓[/] {escape(text)}")


def _hex(data: bytes) -> str:
    if data[1] == Ins.VERIFY:
        return data[:_HEADER].hex(" ").upper() + " **" * len(data[_HEADER:])
    shown = data[:_SHOWN].hex(" ").upper()
    return f"{shown} …" if len(data) > _SHOWN else shown
