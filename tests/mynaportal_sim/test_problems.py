"""An error is answered in the form and the language of whoever asked."""

import asyncio
import logging
import re
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from consent.errors import (
    CannotSayError,
    IllegalTransitionError,
    KeyReusedError,
    NoSuchArrangementError,
    StaleVersionError,
)
from consent.model import State, Status
from mynaportal_sim import problems
from mynaportal_sim.login.errors import (
    CsrfError,
    LoginRefusedError,
    LoginRequiredError,
    NoSuchPersonaError,
    RateLimitedError,
    SessionEndedError,
    SoftCardsOffError,
)
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.oauth.answers import ToClients
from mynaportal_sim.oauth.errors import InteractionGoneError
from mynaportal_sim.oauth.server import ServerDep
from mynaportal_sim.web.wording import STATUSES

ID = UUID(int=7)
SECRET = "the stack, the statement and the password"
HTML, JSON = "text/html,*/*", "application/json"
REFERENCE = re.compile(r"<code>([0-9A-Z]{10})</code>")
TAG = re.compile(r"<[^>]+>")

CASES = [
    pytest.param(SessionEndedError(), 401, "session_ended", "有効時間が切れ", id="session"),
    pytest.param(LoginRequiredError(), 401, "login_required", "ログインが必要です", id="login"),
    pytest.param(CsrfError(), 403, "csrf_failed", "画面が古くなっている", id="csrf"),
    pytest.param(NoSuchPersonaError(), 404, "persona_not_found", "模擬カード", id="persona"),
    pytest.param(SoftCardsOffError(), 404, "not_found", "見つかりません", id="soft cards off"),
    pytest.param(RateLimitedError(3), 429, "rate_limited", "1分ほど", id="rate"),
    pytest.param(
        LoginRefusedError(Refusal(Code.CERT_REVOKED), "ABCDEFGHIJ"),
        401,
        "cert_revoked",
        "もう一度ログイン",
        id="login refused",
    ),
    pytest.param(
        NoSuchArrangementError(ID), 404, "no_such_arrangement", "該当する同意", id="arrangement"
    ),
    pytest.param(
        IllegalTransitionError("withdrawn", "withdraw"),
        409,
        "illegal_transition",
        "「撤回済み」のため",
        id="transition",
    ),
    pytest.param(StaleVersionError(ID), 409, "stale_version", "新しい回答", id="stale"),
    pytest.param(CannotSayError("rules", "none"), 404, "cannot_say", "形式", id="format"),
    pytest.param(KeyReusedError(ID), 409, "key_reused", "状態が変わった", id="key"),
    pytest.param(InteractionGoneError(), 410, "interaction_gone", "回答済み", id="gone"),
    pytest.param(
        RequestValidationError([{"loc": ("query", "before"), "msg": "not an int"}]),
        400,
        "request_malformed",
        "リクエストを受け付けられません",
        id="malformed",
    ),
    pytest.param(HTTPException(405), 405, "method_not_allowed", "この操作", id="method"),
    pytest.param(
        OperationalError(SECRET, {}, Exception(SECRET)),
        503,
        "unavailable",
        "情報は提供されていません",
        id="database away",
    ),
    pytest.param(RuntimeError(SECRET), 500, "internal_error", "照会番号", id="bug"),
]


def _answer(error: Exception, accept: str, language: str = "ja") -> httpx.Response:
    web = FastAPI()
    problems.install(web)

    @web.post("/")
    async def fail() -> None:
        raise error

    return _asked(web, accept, language)


def _asked(web: FastAPI, accept: str, language: str) -> httpx.Response:

    async def sent() -> httpx.Response:
        transport = httpx.ASGITransport(web, raise_app_exceptions=False)
        headers = {"accept": accept, "accept-language": language}
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.post("/", headers=headers)

    return asyncio.run(sent())


@pytest.mark.parametrize(("error", "status", "code", "said"), CASES)
def test_a_person_reads_their_own_language_only(
    error: Exception, status: int, code: str, said: str
) -> None:
    japanese = _answer(error, HTML)
    assert japanese.status_code == status
    assert said in japanese.text
    main = TAG.sub(" ", re.sub(r"<code>.*?</code>", "", _main(japanese)))
    assert not re.search("[A-Za-z]", main), main
    assert code in japanese.text
    english = _main(_answer(error, HTML, "en"))
    assert not re.search("[\u3040-\u30ff\u4e00-\u9fff]", english), english


@pytest.mark.parametrize(("error", "status", "code", "said"), CASES)
def test_who_must_log_in_finds_the_way(
    error: Exception, status: int, code: str, said: str
) -> None:
    assert ('href="/login"' in _main(_answer(error, HTML))) == (status == 401), (code, said)


@pytest.mark.parametrize(("error", "status", "code", "said"), CASES)
def test_a_program_reads_a_problem_in_english(
    error: Exception, status: int, code: str, said: str
) -> None:
    answer = _answer(error, JSON)
    assert answer.status_code == status
    assert code in answer.json().values()
    assert said not in answer.text
    assert answer.text.isascii()
    assert SECRET not in answer.text


def test_a_program_is_told_in_problem_json_what_is_wrong() -> None:
    answer = _answer(SessionEndedError(), JSON)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == str(SessionEndedError())
    assert answer.json()["type"] == "/problems/session_ended"


@pytest.mark.parametrize("state", [*State, Status.EXPIRED])
def test_what_a_state_does_not_allow_names_the_state(state: str) -> None:
    error = IllegalTransitionError(state, "resume")
    assert _answer(error, JSON).json()["state"] == state
    assert STATUSES[state][0] in _answer(error, HTML, "en").text
    assert "state" not in _answer(StaleVersionError(ID), JSON).json()


def test_the_reference_on_the_page_finds_the_error_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        page = _answer(RuntimeError(SECRET), HTML)
    found = REFERENCE.search(page.text)
    assert found
    assert found[1] in caplog.text
    assert SECRET not in page.text


def test_who_must_wait_is_told_how_long() -> None:
    assert _answer(RateLimitedError(3), HTML).headers["retry-after"] == "3"
    assert _answer(RateLimitedError(3), JSON).headers["retry-after"] == "3"


def _main(page: httpx.Response) -> str:
    found = re.search(r"<main.*?>(.*)</main>", page.text, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("error", "status", "code", "wait"),
    [
        pytest.param(
            OperationalError(SECRET, {}, Exception(SECRET)),
            503,
            "temporarily_unavailable",
            "1",
            id="database away",
        ),
        pytest.param(RuntimeError(SECRET), 500, "server_error", None, id="bug"),
    ],
)
def test_a_client_reads_a_fault_of_ours_in_oauths_own_form(
    error: Exception, status: int, code: str, wait: str | None
) -> None:
    async def fail(_request: Request, _server: ServerDep) -> Response:
        raise error

    web = FastAPI()
    web.state.server = None
    problems.install(web)
    web.router.add_api_route("/", fail, methods=["POST"], route_class_override=ToClients)
    answered = _asked(web, JSON, "en")
    assert (answered.status_code, answered.json()["error"]) == (status, code)
    assert answered.headers.get("retry-after") == wait
    assert answered.headers["cache-control"] == "no-store"
    assert SECRET not in answered.text
