"""The way to a responder: one question, one answer within five seconds, or none."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import httpx

from mynaportal_sim.pki.ocsp.client import RESPONSE_MAX, Question, Told, judge
from mynaportal_sim.pki.refusal import Code, Refusal

PATIENCE = 5.0  # seconds
_HEADERS = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}


class _TooLongError(Exception):
    """The answer is longer than one about a single certificate is."""


@dataclass(frozen=True, slots=True)
class OcspClient:
    """The responder at a URL; one connection is kept for all that is asked."""

    url: str
    http: httpx.AsyncClient

    @classmethod
    def to(cls, url: str) -> "OcspClient":
        """A client that follows no redirects, and no proxy of the environment."""
        return cls(url, httpx.AsyncClient(timeout=PATIENCE, trust_env=False))

    async def ask(self, question: Question, now: datetime) -> Told | None:
        """What the responder says; None where it gives no answer, or none now."""
        told = question.about.sha256
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await self._post(question.der)
        except _TooLongError:
            return Told(told, Refusal(Code.REVOCATION_UNAVAILABLE, "too long an answer"))
        except (httpx.TransportError, TimeoutError):
            return None
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return None
        if status != HTTPStatus.OK:
            fault = f"the responder answers with status {status}"
            return Told(told, Refusal(Code.REVOCATION_UNAVAILABLE, fault))
        return judge(question, body, now)

    async def _post(self, der: bytes) -> tuple[int, bytes]:
        async with self.http.stream("POST", self.url, content=der, headers=_HEADERS) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > RESPONSE_MAX:
                    raise _TooLongError
            return answer.status_code, bytes(body)
