"""The sample app beside a real portal: it shows exactly what was given, and lets go of it."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from html import unescape
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mynaportal_sim.clock import Clock
from mynaportal_sim.sample_app.identity import ORGANISATION
from mynaportal_sim.sample_app.relying_party import RelyingParty
from mynaportal_sim.sample_app.settings import Settings
from tests.journeys.kit import COMMAND, Portal, copy_world, free_port, running

PIN = "1234"
WITHIN = 20.0  # seconds
ENDED = "連携が終了しました"
CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
WELCOME = "毎年の健診を、ひとつの線に。"

TERMINATED_WHILE_COLLECTING = """
import gc, os, signal
from mynaportal_sim.cli import announcing, main

def collecting(phase, info):
    if announced and phase == "start":
        gc.callbacks.clear()
        os.kill(os.getpid(), signal.SIGTERM)

announced, announce = [], announcing.say
announcing.say = lambda *said: announced.append(announce(*said))
gc.callbacks.append(collecting)
main()
"""


@pytest.fixture(scope="module")
def portal(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with the app beside it; each test has a persona of its own."""
    with _portal(template, tmp_path_factory.mktemp("beside") / "data") as started:
        yield started


@pytest.fixture
def own_portal(template: Path, tmp_path: Path) -> Iterator[Portal]:
    """One whose clock may move, and which may be stopped."""
    with _portal(template, tmp_path / "data") as started:
        yield started


def _portal(template: Path, data: Path) -> AbstractContextManager[Portal]:
    copy_world(template, data)
    return running(Portal(data, free_port(), app_port=free_port()))


class Visitor:
    """A person with two tabs: the app's, and the portal's."""

    def __init__(self, portal: Portal, persona: str, app: str | None = None) -> None:
        self.portal = portal
        self.persona = persona
        self.app = app or portal.app_url
        self.http = portal.client()
        self.browser = portal.browser()
        self._until_answered()

    def open(self, path: str) -> httpx.Response:
        return self.http.get(f"{self.app}{path}")

    def read(self, path: str) -> str:
        """A page's text, with its markup."""
        return unescape(self.open(path).text)

    def send(self, path: str, **form: str | list[str]) -> httpx.Response:
        """Fill in one of the app's forms."""
        [csrf, *_] = CSRF.findall(self.read("/connect"))
        return self.http.post(f"{self.app}{path}", data={"csrf": csrf, **form})

    def ask(self, *categories: str) -> str:
        """Have the app ask; the URL that it sends the browser to."""
        sent = self.send("/connect", category=list(categories))
        assert sent.status_code == 303, sent.text
        return str(sent.headers["location"])

    def connect(self, *categories: str, consent: str = "all") -> httpx.Response:
        """Walk to the portal and back; what the app then says."""
        interaction = self.browser.open(self.ask(*categories))
        self.browser.log_in(self.portal.card(self.persona), PIN, interaction)
        return self.http.get(self.browser.answer(interaction, consent))

    def change(self, what: str) -> None:
        """Suspend, resume or withdraw the only consent."""
        page = self.browser.see("/consents")
        [consent] = page["consents"] if isinstance(page["consents"], list) else []
        form = {"csrf": str(page["csrf"]), "version": consent["version_id"]}
        answer = self.browser.post(f"/consents/{consent['arrangement_id']}/{what}", form)
        assert answer.status_code == 303

    def _until_answered(self) -> None:
        deadline = monotonic() + WITHIN
        while True:
            try:
                self.open("/healthz")
            except httpx.TransportError:
                assert monotonic() < deadline, self.portal.log.read_text()
                sleep(0.05)
            else:
                return


def _kept(portal: Portal) -> list[tuple[str, str]]:
    """The access and refresh tokens that the app keeps."""
    with closing(sqlite3.connect(portal.data / "sample-app" / "app.sqlite3")) as database:
        return database.execute(
            "SELECT access_token, refresh_token FROM connections"
        ).fetchall()


def _listed(value: object) -> list[dict[str, dict[str, object]]]:
    assert isinstance(value, list)
    return value


def _client_id(portal: Portal) -> str:
    [client_id] = re.findall(r"app-[0-9a-f]{24}", portal.run("app", "list", "--json"))
    return str(client_id)


def _party(portal: Portal) -> RelyingParty:
    """The app's own means, in the test's hands."""
    key = load_pem_private_key((portal.data / "sample-app" / "key.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    clock = Clock(portal.data / "clock.json").now
    return RelyingParty(portal.client(), portal.url, _client_id(portal), "", key, clock)


def test_pages_show_exactly_what_was_given(portal: Portal) -> None:
    visitor = Visitor(portal, "suzuki-kenichi")
    assert WELCOME in visitor.read("/")
    assert visitor.open("/checkups").headers["location"] == "/"
    back = visitor.connect("checkup", "medication", consent="checkup")
    assert (back.status_code, back.headers["location"]) == (303, "/")

    home, checkups = visitor.read("/"), visitor.read("/checkups")
    assert 'href="/checkups"' in home
    assert "LDLコレステロール" in checkups
    assert checkups.count("<svg viewBox") == checkups.count("<desc") == 6
    assert re.search(r'<td class="number[^>]*>\s*\d', checkups)
    medication = visitor.read("/medication")
    assert "この記録は共有されていません" in medication
    assert "錠" not in medication

    sharing = visitor.read("/sharing")
    given, not_given = sharing.split("共有されなかった記録")
    assert "健診結果" in given
    assert "お薬</span>" not in given
    assert "お薬</span>" in not_given
    assert ORGANISATION in given
    assert re.search(r"20\d\d年\d+月\d+日 まで", given)


def test_a_withdrawal_at_the_portal_empties_the_app(portal: Portal) -> None:
    visitor = Visitor(portal, "hayashi-kaoru")
    visitor.connect("checkup", "medication")
    assert "<table" in visitor.read("/checkups")
    before = len(_kept(portal))
    visitor.change("withdraw")
    page = visitor.read("/checkups")
    assert ENDED in page
    assert "同意が撤回されました" in page
    assert "<table" not in page
    assert "消去の証明書" in page
    assert _erasure(visitor)["state"] == "attested"
    assert len(_kept(portal)) == before - 1
    assert WELCOME in visitor.read("/")


def test_what_ends_is_erased_and_certified_though_nobody_comes_back(portal: Portal) -> None:
    visitor, before = Visitor(portal, "okada-jun"), set(_kept(portal))
    visitor.connect("checkup")
    visitor.change("withdraw")
    deadline = monotonic() + WITHIN
    while set(_kept(portal)) != before or _erasure(visitor)["state"] != "attested":
        assert monotonic() < deadline, _erasure(visitor)
        sleep(0.2)
    assert ENDED in visitor.read("/checkups")


def _erasure(visitor: Visitor) -> dict[str, object]:
    [consent] = _listed(visitor.browser.see("/consents")["consents"])
    return consent["erasure"] or {"state": "none yet"}


def test_a_consent_that_rests_shows_nothing_and_keeps_the_connection(portal: Portal) -> None:
    visitor = Visitor(portal, "sato-hanako")
    visitor.connect("checkup")
    kept = set(_kept(portal))
    visitor.change("suspend")
    for path in ("/checkups", "/sharing"):
        page = visitor.read(path)
        assert "連携は一時停止中です" in page
        assert "<table" not in page
    assert set(_kept(portal)) == kept
    visitor.change("resume")
    assert "<table" in visitor.read("/checkups")


def test_what_is_shared_is_asked_of_the_portal_each_time(portal: Portal) -> None:
    visitor = Visitor(portal, "nguyen-van-an")
    visitor.connect("checkup")
    assert "健診結果" in visitor.read("/sharing")
    visitor.change("withdraw")
    assert ENDED in visitor.read("/sharing")


def test_who_refuses_is_told_so_and_not_asked_again(portal: Portal) -> None:
    visitor, before = Visitor(portal, "takahashi-haruna"), _kept(portal)
    page = visitor.connect("checkup", consent="none")
    assert page.status_code == 200
    assert "何も共有されていません" in page.text
    assert _kept(portal) == before


def test_disconnecting_revokes_at_the_portal_and_forgets(portal: Portal) -> None:
    visitor, before = Visitor(portal, "takahashi-hinata"), set(_kept(portal))
    visitor.connect("medication")
    [(_, refresh_token)] = set(_kept(portal)) - before
    party = _party(portal)
    assert party.introspect(refresh_token)["active"] is True

    assert visitor.http.post(f"{visitor.app}/disconnect").status_code == 403
    assert set(_kept(portal)) > before

    page = visitor.send("/disconnect")
    assert f'href="{portal.url}/consents"' in page.text
    assert set(_kept(portal)) == before
    assert party.introspect(refresh_token)["active"] is False
    assert WELCOME in visitor.read("/")
    consents = visitor.browser.see("/consents")["consents"]
    assert isinstance(consents, list)
    assert [(one["state"], one["erasure"]["state"]) for one in consents] == [
        ("withdrawn", "attested")
    ]
    [certificate] = re.findall(r"<code[^>]*>([\w.-]+)</code>", page.text)
    assert consents[0]["erasure"]["certified"]["token"] == certificate


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"state": "x" * 22}, id="another state"),
        pytest.param({"iss": "https://evil.test"}, id="another issuer"),
        pytest.param({"iss": None}, id="no issuer"),
    ],
)
def test_an_answer_that_is_for_another_request_connects_nobody(
    portal: Portal, changed: dict[str, str | None]
) -> None:
    visitor, before = Visitor(portal, "suharti"), _kept(portal)
    interaction = visitor.browser.open(visitor.ask("checkup"))
    visitor.browser.log_in(portal.card("suharti"), PIN, interaction)
    url = httpx.URL(visitor.browser.answer(interaction, "all"))
    query = {**dict(url.params), **changed}
    forged = url.copy_with(params={k: v for k, v in query.items() if v is not None})
    assert visitor.http.get(forged).status_code == 400
    assert _kept(portal) == before
    # What was answered in one browser is of no use in another.
    assert Visitor(portal, "suharti").http.get(url).status_code == 400


def test_the_back_button_leads_a_connected_person_home(portal: Portal) -> None:
    visitor = Visitor(portal, "ito-misaki")
    interaction = visitor.browser.open(visitor.ask("checkup"))
    visitor.browser.log_in(portal.card("ito-misaki"), PIN, interaction)
    url = visitor.browser.answer(interaction, "all")
    answers = [visitor.http.get(url) for _ in range(2)]
    assert [one.headers.get("location") for one in answers] == ["/", "/"]


def test_secrets_are_in_no_cookie_page_or_log(portal: Portal) -> None:
    visitor, before = Visitor(portal, "kato-osamu"), set(_kept(portal))
    home = visitor.open("/")
    cookie = home.headers["set-cookie"]
    assert cookie.startswith(f"komorebi-session-{portal.app_port}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    policy = home.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    back = visitor.connect("checkup", "medication")
    assert back.headers["set-cookie"] != cookie  # no session outlives what it was before
    [tokens] = set(_kept(portal)) - before
    said = [visitor.open(path) for path in ("/", "/checkups", "/medication", "/sharing")]
    text = portal.log.read_text() + "".join(f"{one.headers}{one.text}" for one in said)
    assert not [token for token in tokens if token in text]
    assert " style=" not in text
    kept = portal.data / "sample-app"
    assert [(kept / name).stat().st_mode & 0o777 for name in ("key.pem", "app.sqlite3")] == [
        0o600,
        0o600,
    ]


def test_another_name_for_the_app_is_not_answered(portal: Portal) -> None:
    visitor = Visitor(portal, "kato-osamu")
    answer = visitor.http.get(visitor.app, headers={"Host": "evil.test"})
    assert answer.status_code == 400


def test_tokens_are_renewed_until_the_consent_runs_out(own_portal: Portal) -> None:
    visitor = Visitor(own_portal, "sato-hanako")
    visitor.connect("checkup")
    for moved in ("6m", "40d"):
        own_portal.run("clock", "forward", moved)
        assert "LDLコレステロール" in visitor.read("/checkups"), moved
    own_portal.run("clock", "forward", "60d")
    assert ENDED in visitor.read("/checkups")
    assert _kept(own_portal) == []
    assert visitor.connect("checkup").headers["location"] == "/"


def test_a_restart_keeps_the_connection_and_a_new_port_the_client(own_portal: Portal) -> None:
    visitor = Visitor(own_portal, "sato-hanako")
    visitor.connect("checkup")
    known = _client_id(own_portal)
    own_portal.stop()
    own_portal.start()
    visitor._until_answered()
    assert "LDLコレステロール" in visitor.read("/checkups")

    own_portal.stop()
    own_portal.app_port = free_port()
    own_portal.start()
    moved = Visitor(own_portal, "sato-hanako")
    assert moved.connect("checkup").headers["location"] == "/"
    assert _client_id(own_portal) == known


@pytest.mark.parametrize(
    ("how", "to"),
    [
        pytest.param(signal.SIGTERM, os.kill, id="terminated"),
        pytest.param(signal.SIGKILL, os.kill, id="killed"),
        pytest.param(signal.SIGINT, os.killpg, id="Ctrl-C"),
    ],
)
def test_portal_and_app_end_together(
    own_portal: Portal, how: signal.Signals, to: Callable[[int, int], None]
) -> None:
    visitor = Visitor(own_portal, "sato-hanako")
    assert own_portal.process
    to(own_portal.process.pid, how)
    own_portal.process.wait(WITHIN)
    own_portal.process = None
    deadline = monotonic() + WITHIN
    while how is signal.SIGKILL and monotonic() < deadline and _answers(visitor.app):
        sleep(0.05)
    assert not _answers(visitor.app)
    assert "Traceback" not in own_portal.log.read_text()


def _answers(url: str) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", httpx.URL(url).port or 80)) == 0


@pytest.mark.parametrize(
    ("options", "has_app"),
    [
        pytest.param((), True, id="dev"),
        pytest.param(("--no-sample-app",), False, id="left out"),
        pytest.param(
            ("--mode", "strict", "--issuer", "https://portal.test"), False, id="strict"
        ),
    ],
)
def test_up_says_where_the_app_is_or_that_there_is_none(
    template: Path, tmp_path: Path, options: tuple[str, ...], has_app: bool
) -> None:
    copy_world(template, tmp_path / "data")
    portal, app_port = Portal(tmp_path / "data", free_port()), free_port()
    command = [*COMMAND, "up", "--json", "--sample-app-port", str(app_port), *options]
    with subprocess.Popen(command, env=portal.environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        said = json.loads(process.stdout.readline())
        process.terminate()
        assert process.stdout.read() == b""
    url = f"http://127.0.0.1:{app_port}/"
    assert said["sample_app_url"] == (url if has_app else None)


def test_up_ends_by_a_signal_that_comes_where_an_exception_would_be_lost(
    template: Path, tmp_path: Path
) -> None:
    copy_world(template, tmp_path / "data")
    portal = Portal(tmp_path / "data", free_port())
    command = [sys.executable, "-c", TERMINATED_WHILE_COLLECTING, "up", "--sample-app-port"]
    done = subprocess.run(
        [*command, str(free_port())],
        check=False,
        env=portal.environment,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, b"")


def test_a_portal_starts_without_an_app_whose_port_is_taken(
    template: Path, tmp_path: Path
) -> None:
    copy_world(template, tmp_path / "data")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with running(Portal(tmp_path / "data", free_port(), app_port=port)) as portal:
            assert portal.client().get(f"{portal.url}/readyz").is_success
            assert f"port {port} cannot be used" in portal.log.read_text()


def test_alone_it_says_what_is_wrong_and_outlives_the_portal(own_portal: Portal) -> None:
    kept, port = own_portal.data / "sample-app", free_port()
    client_id = _client_id(own_portal)
    unknown = _alone(own_portal, kept, port, "app-unknown")
    assert unknown.wait(WITHIN) == 1
    assert unknown.stderr
    assert "does not know app-unknown" in unknown.stderr.read()
    unknown.stderr.close()

    settings = Settings(client_id=client_id, key=kept / "key.pem", port=port)
    app = _alone(own_portal, kept, port, client_id)
    try:
        visitor = Visitor(own_portal, "sato-hanako", settings.url)
        visitor.send("/connect", category=["checkup"])
        own_portal.stop()
        down = visitor.send("/connect", category=["checkup"])
        assert down.status_code == 503
        assert "ポータルに接続できません" in down.text
    finally:
        app.terminate()
        app.wait(WITHIN)
        if app.stderr:
            app.stderr.close()
    late = _alone(own_portal, kept, port, client_id)
    assert late.wait(WITHIN) == 1
    assert late.stderr
    assert "does not answer; start it" in late.stderr.read()
    late.stderr.close()


def _alone(portal: Portal, kept: Path, port: int, client_id: str) -> "subprocess.Popen[str]":
    options = ("--issuer", portal.url, "--client-id", client_id, "--key", str(kept / "key.pem"))
    place = ("--data", str(kept / "alone.sqlite3"), "--port", str(port))
    return subprocess.Popen(
        [sys.executable, "-m", "mynaportal_sim.sample_app", *options, *place],
        stderr=subprocess.PIPE,
        text=True,
    )
