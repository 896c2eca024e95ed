"""Those to whom an app passed data certify themselves; the person reads who has."""

import html
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from os import urandom

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from consent.instants import rfc3339
from consent.ledger import store as ledger
from consent.ledger.entry import read_body, read_leaf
from consent.model import Recipient, Relation
from mynaportal_sim.apps import service as apps
from mynaportal_sim.erasure.faults import TYPE
from mynaportal_sim.sample_app.relying_party import public_jwk
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.console import inside, part
from tests.mynaportal_sim.web.ended import Ended, withdrawn
from tests.mynaportal_sim.web.kit import Portal, events_of

ANALYST, PARTNER = "分析株式会社", "共同研究機構"
AWAITED, WORD = "この相手からの証明はまだ届いていません", "アプリの申告だけです"
LATE = "受け取った相手が、期限までに消去を証明していません"
LAW = "医師法24条"


@dataclass(frozen=True)
class Passed:
    """An app that passed data to two others, of whom the analyst certifies itself."""

    ended: Ended
    key: ec.EllipticCurvePrivateKey

    def own(self, **changed: object) -> str:
        """What the analyst certifies."""
        said = {**self.ended.claims, "iss": ANALYST, "counts": {"checkup": 4}, **changed}
        return jwt.encode(said, self.key, "ES256", {"typ": TYPE})

    def certificate(self, **of_analyst: object) -> str:
        """What the app certifies: of the partner it gives its word, of the analyst this."""
        partner = {"name": PARTNER, "erased_at": self.ended.claims["erased_at"]}
        return self.ended.certificate(
            passed_on=[{"name": ANALYST, **of_analyst}, partner],
        )

    @property
    def states(self) -> dict[str, str]:
        """How each of both stands, as the person's page says."""
        return {one["name"]: one["state"] for one in self.ended.shown["certified"]["passed_on"]}


@pytest.fixture
def passed(portal: Portal) -> Passed:
    key = ec.generate_private_key(ec.SECP256R1())
    joint = Recipient(PARTNER, relation=Relation.JOINT_USER)
    client = Client.registered(portal, Recipient(ANALYST, relation=Relation.PROCESSOR), joint)
    portal.asking["recipients"] = [ANALYST, PARTNER]
    portal.asking["retention"] = {"on_withdrawal": "keep_by_law"}
    state, jwks = portal.web.state, json.dumps({"keys": [public_jwk(key)]})
    given = (client.client_id, ANALYST, jwks, state.clock.now(), urandom)
    state.database.run(apps.set_recipient_keys, *given)
    return Passed(withdrawn(portal, client), key)


def test_what_a_recipient_must_certify_itself_stays_open_until_it_has(passed: Passed) -> None:
    ended = passed.ended
    assert (ended.duty["passed_on"], ended.duty["awaited"]) == ([PARTNER, ANALYST], [ANALYST])
    alone = ended.certify(passed.certificate())
    assert (alone.status_code, alone.json()["status"]) == (200, "awaiting_recipients")
    assert (alone.json()["certified"], ended.duty["awaited"]) == (True, [ANALYST])
    assert passed.states == {ANALYST: "awaited", PARTNER: "app_word"}
    page = ended.browser.get(ended.path).text
    assert AWAITED in page
    assert WORD in page
    assert "情報を渡した相手の証明がまだです" in ended.browser.get("/consents").text

    own = passed.own()
    whole = passed.certificate(certificate=own)
    for _ in range(2):
        taken = ended.certify(whole).json()
        assert (taken["status"], taken["awaited"]) == ("attested", [])
    assert passed.states == {ANALYST: "certified", PARTNER: "app_word"}
    [said] = [one for one in ended.shown["certified"]["passed_on"] if one["name"] == ANALYST]
    assert (said["records"], said["token"]) == (4, own)
    page = ended.browser.get(ended.path).text
    assert own in page
    assert AWAITED not in page
    assert events_of(ended.browser)[:3] == [
        "erasure.attested",
        "erasure.awaiting_recipients",
        "erasure.requested",
    ]


def test_the_ledger_says_how_many_recipients_certified_themselves(
    portal: Portal, passed: Passed
) -> None:
    passed.ended.certify(passed.certificate())
    passed.ended.certify(passed.certificate(certificate=passed.own()))
    newest = portal.web.state.database.run(ledger.newest, 9)
    said = [
        {name: opening.value for name, opening in read_body(one.body).items()}
        for one in newest
        if read_leaf(one.leaf).type in {"erasure.awaiting_recipients", "erasure.attested"}
    ]
    counts = [(one["recipients_certified"], one["recipients_awaited"]) for one in said]
    assert counts == [(1, 0), (0, 1)]


def test_a_recipient_that_a_law_makes_keep_them_has_until_the_law_is_done(
    portal: Portal, passed: Passed
) -> None:
    ended, clock = passed.ended, portal.web.state.clock
    until = clock.now().replace(microsecond=0) + timedelta(days=400)
    kept = passed.own(
        method="retained_by_law", law=LAW, until=int(until.timestamp()), derived="none"
    )
    taken = ended.certify(passed.certificate(certificate=kept)).json()
    assert (taken["status"], taken["erase_by"]) == ("awaiting_recipients", rfc3339(until))
    assert passed.states[ANALYST] == "retained_by_law"
    assert LAW in ended.browser.get(ended.path).text
    clock.forward(timedelta(days=401))
    ended.browser.log_in()
    assert ended.duty["status"] == "overdue"
    assert ended.certify(passed.certificate(certificate=passed.own())).status_code == 200
    assert ended.shown["state"] == "attested"


def test_an_app_that_a_law_makes_keep_them_does_not_put_off_what_others_owe(
    portal: Portal, passed: Passed
) -> None:
    ended, clock = passed.ended, portal.web.state.clock
    before = ended.duty["erase_by"]
    until = clock.now().replace(microsecond=0) + timedelta(days=400)
    partner = {"name": PARTNER, "erased_at": ended.claims["erased_at"]}
    kept = {"method": "retained_by_law", "law": LAW, "until": int(until.timestamp())}

    def certify(**of_analyst: object) -> dict[str, str]:
        passed_on = [{"name": ANALYST, **of_analyst}, partner]
        said = ended.certify(ended.certificate(**kept, passed_on=passed_on))
        return dict(said.json())

    alone = certify()
    assert (alone["status"], alone["erase_by"]) == ("retained_by_law", before)
    clock.forward(timedelta(days=31))
    ended.browser.log_in()
    assert LATE in ended.browser.get(ended.path).text
    both = certify(certificate=passed.own())
    assert (both["status"], both["erase_by"]) == ("retained_by_law", rfc3339(until))
    page = ended.browser.get(ended.path).text
    assert LATE not in page
    assert "法令により、アプリが当面保存します" in page


def test_who_does_not_certify_in_time_is_overdue_and_the_person_reads_who_that_is(
    portal: Portal, passed: Passed
) -> None:
    passed.ended.certify(passed.certificate())
    portal.web.state.clock.forward(timedelta(days=31))
    passed.ended.browser.log_in()
    assert passed.ended.shown["state"] == "overdue"
    page = passed.ended.browser.get(passed.ended.path).text
    assert LATE in page


def test_a_recipients_certificate_that_is_not_taken_says_whose_and_why(passed: Passed) -> None:
    ended = passed.ended
    refused = ended.certify(passed.certificate(certificate=passed.own(iss=PARTNER)))
    assert refused.status_code == 400
    said = refused.json()
    assert (said["error"], said["fault"], said["recipient"]) == (
        "invalid_certificate",
        "other_recipient",
        ANALYST,
    )
    assert said["error_description"].startswith("of a recipient: iss must be")
    assert ended.shown["state"] == "requested"


def test_the_same_word_twice_settles_nothing(passed: Passed) -> None:
    ended = passed.ended
    ended.certify(passed.certificate())
    again = ended.certify(passed.certificate(erased_at=ended.claims["erased_at"]))
    assert (again.status_code, again.json()["error"]) == (409, "erasure_settled")
    assert "bring again" in again.json()["error_description"]
    assert ended.shown["state"] == "awaiting_recipients"


def test_the_claims_that_the_console_spells_out_leave_room_for_a_recipients_own(
    passed: Passed,
) -> None:
    client = passed.ended.client
    page = html.unescape(part(inside(client), "/erasures"))
    [spelt, *_] = re.findall(r'<pre class="code"[^>]*><code>(.*?)</code>', page, re.DOTALL)
    claims = json.loads(spelt.replace("…", passed.own()))
    whole = jwt.encode(claims, client.key, "ES256", {"typ": TYPE})
    assert passed.ended.certify(whole).json()["status"] == "attested"
