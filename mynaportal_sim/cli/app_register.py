"""`mynasim app register` and `mynasim app list`."""

import asyncio
from pathlib import Path
from secrets import token_bytes
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from mynaportal_sim.apps import registration, service, store
from mynaportal_sim.apps.fetching import with_its_keys
from mynaportal_sim.apps.model import App, Profile
from mynaportal_sim.apps.recipient_keys import with_keys
from mynaportal_sim.apps.registration import DEFAULT_PURPOSE, DEFAULT_SCOPES, Registration
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.delivery.reach import ANYWHERE, PUBLIC
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.oauth.scopes import SCOPES
from mynaportal_sim.settings import Mode, Settings

NameOption = Annotated[str, typer.Option(help="The name that people read when asked.")]
RedirectOption = Annotated[
    list[str], typer.Option(help="Where codes go; exact; repeat for several.")
]
JwksOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The app's PUBLIC keys, a JWK Set; - for stdin."),
]
PublicOption = Annotated[
    bool,
    typer.Option("--public", help="It can keep no key, where the portal lets such apps in."),
]
JwksUriOption = Annotated[
    str, typer.Option(metavar="URL", help="Where they stand instead; read now, and anew.")
]
ScopeOption = Annotated[
    list[str], typer.Option(help="What it may ask for; repeat, or join by spaces.")
]
ProfileOption = Annotated[Profile, typer.Option(help="Which checks apply to it.")]
OrganisationOption = Annotated[
    str, typer.Option(help="Who answers for the app. [default: its name]")
]
SupervisorOption = Annotated[
    str, typer.Option(help="Who watches over its use of data. [default: organisation]")
]
PurposeOption = Annotated[str, typer.Option(help="The purpose's code.")]
PurposeTextOption = Annotated[
    str, typer.Option(help="The purpose in the app's words. [default: the code's label]")
]


RecipientOption = Annotated[
    list[str],
    typer.Option(
        metavar="NAME[,COUNTRY[,RELATION]]",
        help="To whom it may ask to pass data: recipient, processor or joint_user; repeat.",
    ),
]
RecipientKeysOption = Annotated[
    list[str],
    typer.Option(
        metavar="NAME=FILE",
        help="A recipient's PUBLIC keys: it must certify itself what it erased; repeat.",
    ),
]
AuthorityOption = Annotated[str, typer.Option(help="The authority over its use of data.")]
EventsOption = Annotated[
    str,
    typer.Option(metavar="URL", help="Where it takes events. [default: none, it polls]"),
]
PostLogoutOption = Annotated[
    list[str],
    typer.Option(metavar="URL", help="Where people go who log out by the app; exact; repeat."),
]
BackchannelOption = Annotated[
    str,
    typer.Option(metavar="URL", help="Where it is told that a session ended. [default: none]"),
]
UserinfoOption = Annotated[
    str,
    typer.Option(metavar="ALG", help="By which /userinfo signs. [default: none, it is JSON]"),
]
EthicsOption = Annotated[str, typer.Option(help="The number of its ethics approval.")]
DevicesOption = Annotated[
    bool, typer.Option("--devices", help="It runs on devices that ask by a code (RFC 8628).")
]
VerifierOption = Annotated[
    bool,
    typer.Option("--verifier", help="It may ask about certificates (署名検証者等)."),
]


def register(  # noqa: PLR0913, PLR0917  one parameter per option
    name: NameOption,
    redirect_uri: RedirectOption,
    jwks: JwksOption = None,
    jwks_uri: JwksUriOption = "",
    public: PublicOption = False,
    scope: ScopeOption = [*DEFAULT_SCOPES],  # noqa: B006  typer copies it
    profile: ProfileOption = Profile.OIDC,
    organisation: OrganisationOption = "",
    supervisor: SupervisorOption = "",
    purpose: PurposeOption = DEFAULT_PURPOSE,
    purpose_text: PurposeTextOption = "",
    recipient: RecipientOption = [],  # noqa: B006  typer copies it
    recipient_keys: RecipientKeysOption = [],  # noqa: B006  typer copies it
    authority: AuthorityOption = "",
    ethics_approval: EthicsOption = "",
    event_endpoint: EventsOption = "",
    post_logout_redirect_uri: PostLogoutOption = [],  # noqa: B006  typer copies it
    backchannel_logout_uri: BackchannelOption = "",
    userinfo_signed_response_alg: UserinfoOption = "",
    devices: DevicesOption = False,
    verifier: VerifierOption = False,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Register an app, and say what it must know.

    Example: mynasim app register --name "健康ノート" --redirect-uri http://127.0.0.1:9000/cb
    --jwks keys.json --profile fapi2
    """
    settings = settings_of(data=data, db=db)
    named = (name, organisation, tuple(redirect_uri))
    wanted = Registration(
        *named,
        jwks="" if jwks is None else read_keys("--jwks", jwks),
        jwks_uri=jwks_uri,
        scopes=tuple(" ".join(scope).split()),
        profile=profile.value,
        supervisor=supervisor,
        purpose=purpose,
        purpose_text=purpose_text,
        recipients=tuple(map(registration.recipient_of, recipient)),
        authority=authority,
        ethics_approval=ethics_approval,
        event_endpoint=event_endpoint,
        post_logout_redirect_uris=tuple(post_logout_redirect_uri),
        backchannel_logout_uri=backchannel_logout_uri,
        userinfo_signed_response_alg=userinfo_signed_response_alg,
        devices=devices,
        verifier=verifier,
        public=public,
    )
    _say(_registered(wanted, recipient_keys, settings), settings, json)


def _say(app: App, settings: Settings, json: bool) -> None:
    """Say what a developer must know of a new app."""
    lines = (
        f"{app.name} is registered.",
        f"  client_id  {app.client_id}",
        f"  issuer     {settings.issuer}",
        f"  profile    {app.profile.value}",
    )
    say(_shown(app, settings), "\n".join(lines), json)


def _registered(wanted: Registration, keys: list[str], settings: Settings) -> App:
    now = Clock(settings.clock).now()
    client_id = registration.new_client_id(token_bytes)
    strict = settings.mode is Mode.STRICT
    registration.let_public_in(wanted, policy=settings.public_clients)
    if wanted.jwks_uri:
        reach_of_keys = PUBLIC if strict else ANYWHERE
        wanted = asyncio.run(with_its_keys(wanted, reach_of_keys, asyncio.Semaphore()))
    known = catalogue().purposes
    labels = {code: one.label_ja for code, one in known.items()}
    whole = registration.completed(wanted, labels)
    reach = PUBLIC if strict else None
    app = registration.check(whole, client_id, SCOPES, known, now, reach)
    for given in keys:
        name, _, file = given.partition("=")
        app = with_keys(app, name, read_keys("--recipient-keys", Path(file)))
    with opened(settings) as database:
        return database.run(service.register, app, now, token_bytes)


def list_apps(
    data: DataOption = None, db: DatabaseOption = None, json: JsonOption = False
) -> None:
    """Show the registered apps.

    Example: mynasim app list
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        apps = database.run(store.every)
    table = Table("client_id", "name", "profile", "purpose", "reviewer", "redirect URIs")
    for app in apps:
        cells = (app.client_id, app.name, app.profile, app.purpose.code, app.reviewer)
        uris = Text("\n").join(map(plain, app.redirect_uris))
        table.add_row(*map(plain, cells), uris)
    nothing = "No app is registered: see `mynasim app register --help`."
    say([_shown(app, settings) for app in apps], table if apps else nothing, json)


def read_keys(option: str, path: Path) -> str:
    """The text of a file with a JWK Set, or of stdin.

    Raises:
        CommandError: it cannot be read; the text names `option`.
    """
    try:
        return typer.get_text_stream("stdin").read() if str(path) == "-" else path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{option} {path} cannot be read: {error}") from None


def _shown(app: App, settings: Settings) -> dict[str, object]:
    keys = app.keys_of_recipients
    return {
        "client_id": app.client_id,
        "client_name": app.name,
        "organisation": app.organisation,
        "redirect_uris": list(app.redirect_uris),
        "jwks_uri": app.jwks_uri or None,
        "scope": " ".join(sorted(app.scopes)),
        "profile": app.profile.value,
        "token_endpoint_auth_method": "none" if app.public else "private_key_jwt",
        "purpose": app.purpose.code,
        "purpose_text": app.purpose.text,
        "purpose_version": app.purpose.version,
        "purpose_text_sha256": app.purpose.text_sha256,
        "reviewer": app.reviewer or None,
        "supervisor": app.supervisor,
        "authority": app.authority,
        "ethics_approval": app.ethics_approval,
        "event_endpoint": app.event_endpoint or None,
        "post_logout_redirect_uris": list(app.post_logout_redirect_uris),
        "backchannel_logout_uri": app.backchannel_logout_uri or None,
        "userinfo_signed_response_alg": app.userinfo_signed_response_alg or None,
        "devices": app.devices,
        "verifier": app.verifier,
        "recipients": [
            {
                "name": one.name,
                "country": one.country,
                "relation": one.relation,
                "keys": [key.thumbprint for key in keys.get(one.name, ())],
            }
            for one in app.recipients
        ],
        "issuer": settings.issuer,
    }
