"""Nothing is sent where only the portal's own network is, whatever an app calls the place."""

import asyncio
import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from time import sleep

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mynaportal_sim.clock import Clock
from mynaportal_sim.delivery import pinned, push
from mynaportal_sim.delivery.reach import ANYWHERE, PUBLIC, Address, Reach, is_public
from tests.mynaportal_sim.delivery.kit import Endpoint, Names

HOME, NOBODY_HOME, PRIVATE = "127.0.0.1", "127.0.0.2", "10.0.0.1"


@pytest.mark.parametrize(
    ("text", "public"),
    [
        pytest.param("93.184.215.14", True, id="a host of the internet"),
        pytest.param("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, id="one by IPv6"),
        pytest.param("127.0.0.1", False, id="loopback"),
        pytest.param("::1", False, id="loopback by IPv6"),
        pytest.param("0.0.0.0", False, id="this host"),
        pytest.param("::", False, id="this host by IPv6"),
        pytest.param("10.1.2.3", False, id="private 10"),
        pytest.param("172.31.0.1", False, id="private 172.16"),
        pytest.param("192.168.0.1", False, id="private 192.168"),
        pytest.param("100.64.0.1", False, id="a carrier's own"),
        pytest.param("169.254.169.254", False, id="a cloud's metadata"),
        pytest.param("fd00:ec2::254", False, id="a cloud's metadata by IPv6"),
        pytest.param("fe80::1", False, id="link-local"),
        pytest.param("fec0::1", False, id="site-local"),
        pytest.param("192.0.2.1", False, id="documentation"),
        pytest.param("2001:db8::1", False, id="documentation by IPv6"),
        pytest.param("3fff::1", False, id="more documentation by IPv6"),
        pytest.param("192.88.99.1", False, id="a relay of 6to4"),
        pytest.param("224.0.0.251", False, id="multicast"),
        pytest.param("ff02::fb", False, id="multicast by IPv6"),
        pytest.param("255.255.255.255", False, id="broadcast"),
        pytest.param("::ffff:10.0.0.1", False, id="private, mapped to IPv6"),
        pytest.param("64:ff9b::a00:1", False, id="private, behind NAT64"),
        pytest.param("2002:a00:1::", False, id="private, by 6to4"),
        pytest.param("2001:0:a00:1::1", False, id="private, by Teredo"),
    ],
)
def test_only_an_address_of_one_host_on_the_internet_is_public(text: str, public: bool) -> None:
    assert is_public(ip_address(text)) is public


def is_home(address: Address) -> bool:
    """The test's endpoint stands for what may be reached."""
    return address.is_loopback


def pushed(url: str, reach: Reach, http: httpx.AsyncClient | None = None) -> str:
    async def once() -> str:
        async with http or pinned.client() as opened:
            return await push.push(opened, url, "a.b.c", reach)

    return asyncio.run(once())


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param([HOME], "", id="within reach"),
        pytest.param([NOBODY_HOME, HOME], "", id="the first one is away"),
        pytest.param([PRIVATE], f"not sent: the host leads to {PRIVATE}", id="private"),
        pytest.param(
            [HOME, PRIVATE], f"not sent: the host leads to {PRIVATE}", id="one of two"
        ),
        pytest.param([], "not sent: the host has no address", id="unknown"),
    ],
)
def test_a_name_is_pushed_to_if_all_it_leads_to_is_within_reach(
    endpoint: Endpoint, answer: list[str], fault: str
) -> None:
    reach = Reach(Names([answer]), is_home)
    said = pushed(f"http://app.example:{endpoint.port}/events", reach)
    assert said.partition(",")[0] == fault
    assert len(endpoint.taken) == (not fault)


@pytest.mark.parametrize("host", [HOME, "localhost", "127.1", "2130706433", "[::1]"])
def test_a_strict_portal_pushes_to_no_spelling_of_itself(endpoint: Endpoint, host: str) -> None:
    said = pushed(f"http://{host}:{endpoint.port}/events", PUBLIC)
    assert said.startswith("not sent: the host leads to ")
    assert endpoint.taken == []


def test_what_is_connected_to_is_what_was_looked_at(endpoint: Endpoint) -> None:
    names = Names([[HOME], [NOBODY_HOME]])
    host = f"app.example:{endpoint.port}"
    assert pushed(f"http://{host}/events", Reach(names, is_home)) == ""
    assert names.asked == ["app.example"]
    assert endpoint.headers[0]["Host"] == host


def test_hosts_at_one_address_share_no_connection(endpoint: Endpoint) -> None:
    reach = Reach(Names([[HOME]]), is_home)
    endpoint.answer = (400, b"{}", {})  # one that is read to its end could be gone on with

    async def both() -> None:
        async with pinned.client() as http:
            for host in ("app.example", "other.example"):
                url = f"http://{host}:{endpoint.port}/events"
                assert await push.push(http, url, "a.b.c", reach) == "HTTP 400"

    asyncio.run(both())
    assert len(set(endpoint.peers)) == 2


@pytest.mark.parametrize(
    ("host", "fault"),
    [
        pytest.param("app.example", "", id="its own"),
        pytest.param("other.example", "no answer: ConnectError", id="another's"),
    ],
)
def test_the_certificate_is_that_of_the_name(tmp_path: Path, host: str, fault: str) -> None:
    pem = tmp_path / "tls.pem"
    pem.write_bytes(certified("app.example"))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    http = httpx.AsyncClient(verify=ssl.create_default_context(cafile=str(pem)))
    with Endpoint(serving) as endpoint:
        url = f"https://{host}:{endpoint.port}/events"
        assert pushed(url, Reach(Names([[HOME]]), is_home), http) == fault
        assert len(endpoint.taken) == (not fault)


def certified(host: str) -> bytes:
    """A key and its own certificate for a host, as PEM."""
    key, now = ec.generate_private_key(ec.SECP256R1()), Clock().now()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def test_an_endpoint_that_takes_its_time_holds_up_no_other(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(_: str) -> list[Address]:
        sleep(0.5)
        return [ip_address(HOME)]

    monkeypatch.setattr(push, "SECONDS_IN_ALL", 0.1)
    assert pushed(endpoint.url, Reach(slowly, is_home)) == "no answer: TimeoutError"
    assert endpoint.taken == []


def test_the_authorities_that_are_trusted_are_read_once(
    monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint
) -> None:
    pinned.client()
    monkeypatch.delattr(ssl, "create_default_context")
    assert not pushed(endpoint.url, ANYWHERE)
