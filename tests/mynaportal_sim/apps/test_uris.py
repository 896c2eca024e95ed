"""What stands where a host should, which a page's policy would take for its own words."""

import pytest

from mynaportal_sim.apps import uris
from mynaportal_sim.apps.errors import RegistrationError


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("https://*/cb", id="any host"),
        pytest.param("https://*.example/cb", id="hosts of a domain"),
        pytest.param("https://a;sandbox/cb", id="a policy in the host"),
        pytest.param("https://a,default-src/cb", id="a second policy in the host"),
        pytest.param("https://'self'/cb", id="a word of policies"),
        pytest.param("https://[v1.abc]/cb", id="an address of the future"),
        pytest.param("https://a..example/cb", id="an empty label"),
        pytest.param("https://a.example:0/cb", id="port 0"),
    ],
)
def test_a_host_is_a_name_or_an_address(uri: str) -> None:
    with pytest.raises(RegistrationError, match="names no host"):
        uris.plausible("redirect URI", uri)


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/cb",
        "https://APP.example./cb",
        "https://xn--r8jz45g.xn--zckzah/cb",
        "https://192.0.2.1:8443/cb",
        "https://[2001:db8::1]/cb",
        "http://[::1]:9000/cb",
    ],
)
def test_each_usual_way_to_name_a_host_is_taken(uri: str) -> None:
    uris.plausible("redirect URI", uri)
