import socket
from functools import reduce
from operator import xor
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_reader import vpcd
from card_reader.emulator.card import Card
from card_reader.errors import VirtualReaderError
from card_reader.vpcd import ATR, Control, Frames, framed

PAYLOADS = st.lists(st.binary(min_size=1, max_size=600), max_size=6)


@given(PAYLOADS, st.data())
def test_payloads_are_found_however_the_stream_is_cut(
    payloads: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(map(framed, payloads))
    frames = Frames()
    found: list[bytes] = []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += frames.feed(stream[:cut])
        stream = stream[cut:]
    assert found == payloads


def test_a_stream_without_payload_is_no_virtual_reader() -> None:
    with pytest.raises(VirtualReaderError):
        list(Frames().feed(bytes(4)))


def test_a_control_byte_that_no_driver_sends_resets_no_card(card: Card) -> None:
    for control in {*range(256)} - {*Control}:
        with pytest.raises(VirtualReaderError, match="no messages of a virtual reader"):
            vpcd.answer(bytes((control,)), card)


def test_the_atr_is_whole() -> None:
    """T0 announces eight historical bytes and, by TD1 and TD2, T=1; TCK closes it."""
    assert (ATR[0], ATR[1] & 0x0F, len(ATR)) == (0x3B, 8, 13)
    assert reduce(xor, ATR[1:]) == 0


@pytest.mark.parametrize("control", [Control.POWER_OFF, Control.POWER_ON, Control.RESET])
def test_losing_power_ends_a_verification_and_restores_no_try(
    card: Card, control: Control
) -> None:
    def sw(apdu: str) -> str:
        said = vpcd.answer(bytes.fromhex(apdu), card)
        assert said is not None
        return said.hex()

    pin, select = "00A4020C020018", "00A4040C0AD392F000260100000001"
    assert [sw(select), sw(pin), sw("002000800439393939")] == ["9000", "9000", "63c2"]
    assert vpcd.answer(bytes((control,)), card) is None
    assert sw(pin) == "6a82"
    assert [sw(select), sw(pin), sw("00200080")] == ["9000", "9000", "63c2"]


def test_a_card_is_served_until_the_reader_lets_it_go(card: Card) -> None:
    seen: list[bytes] = []
    with (
        socket.create_server(("127.0.0.1", 0)) as reader,
        vpcd.inserted(port=reader.getsockname()[1]) as connection,
    ):
        thread = Thread(target=vpcd.serve, args=(connection, card, seen.append))
        thread.start()
        driver, _ = reader.accept()
        driver.sendall(framed(bytes((Control.GET_ATR,))))
        assert driver.recv(100) == framed(ATR)
        driver.sendall(framed(b"\x00\x84\x00\x00\x08"))
        assert driver.recv(100)[-2:] == b"\x90\x00"
        driver.close()
        thread.join(5)
    assert not thread.is_alive()
    assert seen == [b"\x04", b"\x00\x84\x00\x00\x08"]


def test_a_port_where_nothing_listens_is_told_with_what_to_install() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(VirtualReaderError, match="vsmartcard-vpcd"), vpcd.inserted(port=port):
        pass


def test_a_slot_that_holds_another_card_is_told(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vpcd, "_POLLED_WITHIN", 0.1)
    with (
        socket.create_server(("127.0.0.1", 0)) as reader,
        vpcd.inserted(port=reader.getsockname()[1]) as connection,
        pytest.raises(VirtualReaderError, match="another one is in its slot"),
    ):
        vpcd.serve(connection, card)
