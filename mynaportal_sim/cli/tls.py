"""`mynasim tls`: the root of the simulation's https, and who trusts it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from secrets import token_bytes
from typing import Annotated

import typer

from consent.instants import rfc3339
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.options import (
    AllowHostOption,
    DataOption,
    IssuerOption,
    JsonOption,
    PortOption,
    settings_of,
)
from mynaportal_sim.cli.trust_elsewhere import ways
from mynaportal_sim.cli.trust_stores import (
    BrowserStore,
    Store,
    browser_stores,
    can_change_browsers,
    system_store,
)
from mynaportal_sim.clock import Clock
from mynaportal_sim.settings import Settings
from mynaportal_sim.tls import store
from mynaportal_sim.tls.store import Root

app = typer.Typer(help="See and trust the root of `up --tls`.", no_args_is_help=True)


@app.callback()
def tls() -> None:
    """The root of `mynasim up --tls`, and who trusts it."""


@app.command()
def root(
    data: DataOption = None,
    issuer: IssuerOption = None,
    allow_host: AllowHostOption = None,
    json: JsonOption = False,
) -> None:
    """Print the root's certificate as PEM, and on standard error what it is.

    It is made if there is none yet, so that clients can be told before the first `up --tls`.

    Examples: mynasim tls root > root.pem · mynasim tls root --allow-host portal:8400 --json
    """
    found = _root(settings_of(tls=True, data=data, issuer=issuer, allow_host=allow_host))
    if not json:
        print("\n".join(_lines(found)), file=sys.stderr)
    say(_described(found), found.pem.decode().rstrip(), json)


@app.command()
def trust(  # noqa: PLR0913  one parameter per option
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask: have the browsers here trust it.")
    ] = False,
    system: Annotated[
        bool, typer.Option("--system", help="Do not ask: have this system trust it.")
    ] = False,
    data: DataOption = None,
    port: PortOption = None,
    issuer: IssuerOption = None,
    allow_host: AllowHostOption = None,
    json: JsonOption = False,
) -> None:
    """Have browsers and, if you say so, this system trust the root of `up --tls`.

    It can vouch for this portal's names only; its key lies in the data directory. Without a
    terminal, --yes or --system nothing is changed. For what is left the commands are printed.

    Examples: mynasim tls trust · mynasim tls trust --yes --json
    """
    settings = settings_of(tls=True, data=data, port=port, issuer=issuer, allow_host=allow_host)
    found, home = _root(settings), Path.home()
    if not json:
        print("\n".join(_lines(found)))
    asked = sys.stdin.isatty() and not json
    wanted: list[Store] = [one for one in _browsers() if yes or (asked and _agreed(one))]
    shared = system_store()
    if shared is not None and (system or (asked and _agreed(shared))):
        wanted.append(shared)
    former = store.former_roots(settings.certificates)
    for one in wanted:
        _take_out(one, former)
        if not one.holds(found):
            one.add(found)
    trusting, left = [one.name for one in wanted], ways(found, settings.issuer, home)
    told = [*(f"Trusted by {name}" for name in trusting), "", "By hand:"]
    told += [f"  {where:18}{command}" for where, command in left.items()]
    say(_described(found) | {"trusted_by": trusting, "by_hand": left}, "\n".join(told), json)


@app.command()
def untrust(data: DataOption = None, json: JsonOption = False) -> None:
    """Take this data directory's roots out of every store here that `tls trust` put them in.

    Example: mynasim tls untrust
    """
    directory = settings_of(data=data).certificates
    present = store.root(directory)
    roots = [*([present] if present else []), *store.former_roots(directory)]
    shared = system_store()
    stores: list[Store] = [*_browsers(), *([shared] if shared else [])]
    done = [one.name for one in stores if _take_out(one, roots)]
    told = [f"No longer trusted by {name}" for name in done] or ["No store here has it."]
    say({"no_longer_trusted_by": done}, "\n".join(told), json)


def _root(settings: Settings) -> Root:
    now = Clock().now()
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return store.ensure_root(settings.certificates, settings.names, now, token_bytes)


def _browsers() -> list[BrowserStore]:
    return browser_stores(Path.home()) if can_change_browsers() else []


def _take_out(place: Store, roots: Sequence[Root]) -> bool:
    """Have a store forget these roots; whether it had any."""
    held = [one for one in roots if place.holds(one)]
    for one in held:
        place.remove(one)
    return bool(held)


def _agreed(place: Store) -> bool:
    return typer.confirm(f"Have {place.name} trust it?", default=False, err=True)


def _lines(found: Root) -> list[str]:
    """What people compare with what a browser shows them."""
    return [
        f"{found.name}, which can vouch for {', '.join(found.names)} and for no other name",
        f"  SHA-256 {found.sha256}",
        f"  until {rfc3339(found.certificate.not_valid_after_utc)}, in {found.path}",
    ]


def _described(found: Root) -> dict[str, object]:
    return {
        "name": found.name,
        "sha256": found.sha256,
        "names": list(found.names),
        "not_after": rfc3339(found.certificate.not_valid_after_utc),
        "file": str(found.path),
        "pem": found.pem.decode(),
    }
