"""Any bytes get a status word from the card, and do it no harm."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from card_reader.spec import (
    CARD_MANAGER_AID,
    COMMON_AID,
    JPKI_AID,
    JUKI_AID,
    TEXT_AID,
    VISUAL_AID,
)
from tests.card_reader.emulator.any_bytes import Probe, cut

AIDS = (JPKI_AID, TEXT_AID, VISUAL_AID, JUKI_AID, COMMON_AID, CARD_MANAGER_AID)
quickly = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def probe(whole_path: Path) -> Probe:
    return Probe(whole_path)


@given(st.lists(st.binary(max_size=300), max_size=8))
@quickly
def test_any_bytes_do_no_harm(probe: Probe, commands: list[bytes]) -> None:
    probe.converse(commands)


headers = st.tuples(
    st.sampled_from([0x00, 0x80, 0x01, 0x0C]),
    st.sampled_from([0x20, 0x24, 0x2A, 0x32, 0x84, 0x88, 0xA4, 0xAE, 0xB0, 0xB2, 0xCA]),
    st.sampled_from([0x00, 0x01, 0x02, 0x04, 0x7F, 0x81, 0x8A]),
    st.sampled_from([0x00, 0x0C, 0x14, 0x21, 0x42, 0x80, 0x91, 0x97, 0x98, 0x99, 0x9B, 0x9C]),
).map(bytes)
bodies = st.binary(max_size=20) | st.sampled_from(
    [
        b"",
        b"\x00",
        b"\x02\x00\x01",
        b"\x02\x00\x0a",
        b"\x02\x00\x17",
        b"\x02\x00\x18",
        b"\x01\xaa\x00",
        b"\x20" + bytes(32) + b"\x00",
        b"\x041234",
        b"\x042345",
        b"\x049999",
        b"\x00\x00\x00",
    ]
)
selections = st.sampled_from([b"\x00\xa4\x04\x0c" + bytes((len(aid),)) + aid for aid in AIDS])
commands = st.builds(lambda header, body: header + body, headers, bodies) | selections


@given(st.lists(commands, max_size=12))
@quickly
def test_any_conversation_does_no_harm(probe: Probe, conversation: list[bytes]) -> None:
    probe.converse(conversation)


@given(st.lists(st.binary(max_size=255), max_size=5))
def test_what_a_fuzzer_writes_as_one_string_is_the_commands(conversation: list[bytes]) -> None:
    assert cut(b"".join(bytes((len(one),)) + one for one in conversation)) == conversation
