"""A portal that cannot start says so, and is not waited for."""

import logging
import socket

import pytest
from starlette.types import Receive, Scope, Send

from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.inner_portal import served


async def _never_ready(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no"})


# uvicorn ends the thread of an app that does not start by SystemExit.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_app_that_does_not_start_is_not_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(CommandError, match="did not start"),
        served(_never_ready, listener),
    ):
        pytest.fail("there is nothing to talk to")
