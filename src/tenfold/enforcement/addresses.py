"""Which addresses a delivery may go to: never into the operator's own network (SSRF).

A host is resolved once, every address it has is judged, and the connection goes to an address that was
judged: what the name means a moment later does not matter (DNS rebinding).
"""

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import msgspec

MAX_URL = 2_000  # characters
SCHEMES = {"http": 80, "https": 443}
# Ports of services that act on lines they find in an HTTP request (mail, Redis, memcached, ...), after the
# "bad ports" of the WHATWG Fetch standard; PostgreSQL, Elasticsearch and their like besides.
REFUSED_PORTS = frozenset(
    {
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102),
        *(103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 445),
        *(465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990),
        *(993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 3306, 3389, 3659, 4045, 5060, 5061),
        *(5432, 5672, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 9200, 9300, 10080, 11211),
        *(27017,),
    }
)
# IPv6 ranges that carry an IPv4 address which must be judged too, and where in the 128 bits it stands.
_EMBEDDING = (
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (ipaddress.IPv6Network("::/96"), 0),  # IPv4-compatible, RFC 4291
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated, RFC 2765
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4, RFC 3056
)
# Not global, though Python's tables say otherwise or are silent in some versions.
_REFUSED_NETWORKS = (
    ipaddress.ip_network("100.64.0.0/10"),  # shared address space, RFC 6598
    ipaddress.ip_network("192.88.99.0/24"),  # 6to4 relays, RFC 7526
    ipaddress.ip_network("64:ff9b:1::/48"),  # local NAT64, RFC 8215
    ipaddress.ip_network("2001::/32"),  # Teredo, RFC 4380
    ipaddress.ip_network("fec0::/10"),  # site-local, RFC 3879
)


class AddressError(ValueError):
    """A URL that must not be sent to; says why and what would do."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a URL points: `host` in ASCII, the port, and the path with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """For the Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == SCHEMES[self.scheme] else f"{host}:{self.port}"

    def at(self, address: str) -> str:
        """The URL with an address in place of the host."""
        host = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def parse(url: str) -> Place:
    """Take a URL apart; AddressError if it is none that can be delivered to."""
    if len(url) > MAX_URL or not url.isprintable() or any(mark in url for mark in ' \\<>"'):
        raise AddressError("not a URL: too long, or it holds spaces, quotes or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        host = host if ":" in host else host.encode("idna").decode()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path.encode("ascii")
    except (ValueError, UnicodeError) as error:
        raise AddressError(f"not a URL: {error}") from None
    if parts.scheme not in SCHEMES:
        raise AddressError(f"the scheme {parts.scheme!r} cannot be delivered to; use https")
    if parts.username is not None or parts.password is not None:
        raise AddressError(
            "a user or password in the URL would be shown to everybody; put a token in the path"
        )
    if not host:
        raise AddressError("the URL names no host")
    port = SCHEMES[parts.scheme] if port is None else port
    if port in REFUSED_PORTS or port == 0:
        raise AddressError(f"port {port} belongs to another service; use 443, 80 or one above 1024")
    return Place(scheme=parts.scheme, host=host, port=port, path=path)


def resolve(
    place: Place, allow_private: bool, setting: str = "TENFOLD_WEBHOOK_PRIVATE_ADDRESSES"
) -> list[str]:
    """The addresses of a place, in the order to try; AddressError if any is not to be sent to. `setting` is
    the one that allows private ones.

    All are judged, not only the first: a name with one public and one private address is a trap.
    """
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"the host {place.host} cannot be resolved: {error}") from None
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    for address in addresses:
        if not allow_private and not is_public(address):
            raise AddressError(
                f"the host {place.host} is {address}, which is not a public address; {setting}=true allows it"
            )
    return addresses


def is_public(text: str) -> bool:
    """Whether an IP address is out in the internet, and so is every address hidden in it."""
    address = ipaddress.ip_address(text)
    if isinstance(address, IPv6Address):
        hidden = _hidden(address)
        if hidden is not None:
            return is_public(str(hidden))
    if any(address.version == network.version and address in network for network in _REFUSED_NETWORKS):
        return False
    refused = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not refused


def _hidden(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    for network, shift in _EMBEDDING:
        if address in network:
            return IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return None
