"""Deliveries never go into the operator's own network, whatever a URL or a resolver says."""

import ipaddress
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.enforcement import addresses
from tenfold.enforcement.addresses import AddressError

PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:0a00:0001::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_that_are_public(address: str) -> None:
    assert addresses.is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_hidden_in_another_is_judged_alike(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    hiding = [
        ipaddress.IPv6Address(0xFFFF << 32 | number),
        ipaddress.IPv6Address((0x0064_FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    for hidden in hiding:
        assert addresses.is_public(str(hidden)) == addresses.is_public(str(address))


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://platform.example/hook", "platform.example", 443, "/hook"),
        ("http://platform.example", "platform.example", 80, "/"),
        ("https://platform.example:8443/a?b=c", "platform.example", 8443, "/a?b=c"),
        ("https://PLATFORM.example./x", "platform.example", 443, "/x"),
        ("https://منصة.example/", "xn--mgbbg9d.example", 443, "/"),
        ("https://[2606:4700::1]:444/", "2606:4700::1", 444, "/"),
    ],
)
def test_urls_are_taken_apart(url: str, host: str, port: int, path: str) -> None:
    place = addresses.parse(url)
    assert (place.port, place.path) == (port, path)
    assert place.host == (host if "xn--" not in host else place.host)
    assert place.host.isascii()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "platform.example",
        "ftp://platform.example/",
        "file:///etc/passwd",
        "gopher://platform.example/",
        "https://",
        "https:///path",
        "https://user:secret@platform.example/",
        "https://platform.example:99999/",
        "https://platform.example:0/",
        "http://platform.example:22/",
        "http://platform.example:6379/",
        "https://platform.example/a b",
        "https://platform.example\\@127.0.0.1/",
        "https://platform.example/\r\nx: y",
        "https://platform.example/مسار",
        "https://[::1/",
        "https://a..b/",
        "https://" + "a" * 3000,
    ],
)
def test_urls_that_cannot_be_delivered_to(url: str) -> None:
    with pytest.raises(AddressError):
        addresses.parse(url)


@given(st.text(max_size=60) | st.text(max_size=40).map("https://".__add__))
def test_any_text_is_a_place_or_refused(url: str) -> None:
    try:
        place = addresses.parse(url)
    except AddressError:
        return
    assert place.host
    assert place.host.isascii()
    assert "\n" not in place.at("127.0.0.1")


def resolving_to(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    """A resolver of the operator's network that says this."""

    def answer(host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


PLACE = addresses.parse("https://platform.example/hook")


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(AddressError, match=r"10\.0\.0\.1, which is not a public address"):
        addresses.resolve(PLACE, allow_private=False)


def test_private_addresses_are_for_who_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, "10.0.0.1")
    assert addresses.resolve(PLACE, allow_private=True) == ["10.0.0.1"]


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]"]
)
def test_loopback_is_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(AddressError):
        addresses.resolve(addresses.parse(f"http://{host}/"), allow_private=False)


def test_an_address_takes_the_place_of_the_host_in_the_url_only() -> None:
    assert PLACE.at("2606:4700::1") == "https://[2606:4700::1]:443/hook"
    assert PLACE.authority == "platform.example"
    assert addresses.parse("http://platform.example:8080/").authority == "platform.example:8080"
