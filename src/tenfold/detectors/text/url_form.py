"""The normal form of a URL: one spelling for what leads to the same place, found without any request.

After RFC 3986 (section 6: case, percent-encoding, dot segments, default ports) and UTS 46 (international
names), with what people change to hide a link undone: "hxxp", "[.]", invisible characters, tracking
parameters, credentials before the host.
"""

import ipaddress
import re
from functools import cache, lru_cache
from urllib.parse import quote

import idna
import msgspec
from publicsuffixlist import PublicSuffixList

from tenfold.detectors.text.shorteners import SHORTENERS

_DEFAULT_PORTS = {"http": "80", "https": "443", "ftp": "21"}
_SCHEME = re.compile(r"(?:(h(?:tt|xx|\*\*|__)ps?|ftp)\s?:|(?=//))[/\\]{0,4}", re.IGNORECASE)
_DEFANGED = re.compile(r"[\[({<](?:(\.|dot|نقطة|دوت)|(:)|(://)|(/))[\])}>]", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = "%!$&'()*+,;=:@/?~-._"
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)
_TRACKING_NAMES = """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh mc_cid mc_eid _ga _gl
    _hsenc _hsmi vero_id oly_anon_id oly_enc_id wickedid rb_clickid s_cid mkt_tok ref_src ref_url
"""
_TRACKING = frozenset(_TRACKING_NAMES.split())


class Url(msgspec.Struct, frozen=True):
    """A URL in normal form.

    `text` is the whole of it; `key` is without scheme and leading "www.", what banks compare; `host` is in
    ASCII (punycode) and `domain` its registrable domain (None for an address or a public suffix).
    """

    text: str
    key: str
    host: str
    domain: str | None

    @property
    def shortener(self) -> bool:
        """Whether the host is known only to forward to other addresses."""
        return without_www(self.host) in SHORTENERS


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@cache
def _known_suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


@lru_cache(maxsize=65_536)
def registrable_domain(host: str) -> str | None:
    """The part of an ASCII host that somebody registered, by the Public Suffix List, if there is one."""
    domain = None if _is_address(host) else _suffixes().privatesuffix(host)
    return str(domain) if domain else None


def is_known_suffix(label: str) -> bool:
    """Whether this is a top-level domain that exists, in ASCII or as people write it."""
    ascii_label = ascii_host(label)
    return bool(ascii_label) and _known_suffixes().publicsuffix(ascii_label) is not None


def ascii_host(host: str) -> str:
    """A host name in lower-case ASCII (punycode), or "" if it is none; IP addresses stand as they are."""
    host = host.strip(".。．｡")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError, IndexError):
            return ""
    host = host.lower()
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return ""
    return host


def _is_address(host: str) -> bool:
    return host.startswith("[") or host.rpartition(".")[2].isdigit()


def refang(written: str) -> str:
    """Undo what makes a written URL unclickable: "hxxp", "[.]", "(dot)", invisible characters."""
    if not written.isascii():
        written = written.translate(_INVISIBLE)
    return _DEFANGED.sub(lambda m: "." if m[1] else m[2] or m[3] or m[4], written)


def normal_url(written: str) -> Url | None:
    """The normal form of a URL, with or without scheme; None if this is no web address."""
    text = refang(written.strip())
    match = _SCHEME.match(text)
    scheme = "https"
    if match:
        name = (match[1] or "https").lower()
        scheme = name if name == "ftp" else "https" if name.endswith("s") else "http"
        text = text[match.end() :]
    authority, rest = _divide(text)
    host, port = _host_and_port(authority.rpartition("@")[2])
    if not host:
        return None
    if port and port != _DEFAULT_PORTS[scheme]:
        host += f":{port}"
    path, _, query = rest.partition("#")[0].partition("?")
    tail = _path(path) + _query(query)
    bare = host.partition(":")[0] if not host.startswith("[") else host.partition("]")[0] + "]"
    return Url(f"{scheme}://{host}{tail}", without_www(host) + tail, bare, registrable_domain(bare))


def without_www(host: str) -> str:
    """The host without leading "www.", unless that is the name itself ("www.org")."""
    while "." in (rest := host.removeprefix("www.")) and rest != host:
        host = rest
    return host


def _divide(text: str) -> tuple[str, str]:
    """The authority, and what follows it."""
    end = min((at for at in map(text.find, "/\\?#") if at >= 0), default=len(text))
    return text[:end], text[end:]


def _host_and_port(authority: str) -> tuple[str, str]:
    """Host in ASCII and port ("" if none); host "" when it cannot be one."""
    if authority.startswith("["):
        host, bracket, port = authority[1:].partition("]")
        try:
            host = f"[{ipaddress.IPv6Address(host)}]" if bracket else ""
        except ValueError:
            return "", ""
        port = port.removeprefix(":")
    else:
        host, _, port = authority.partition(":")
        host = ascii_host(host)
        if "." not in host:
            return "", ""
        if _is_address(host):
            try:
                ipaddress.IPv4Address(host)
            except ValueError:
                return "", ""
    if port and not (port.isascii() and port.isdigit() and int(port[:6]) < 65_536):
        return "", ""
    return host, port.lstrip("0")


def _percent(part: str) -> str:
    """Percent-encoding in one spelling: what need not be encoded is not, all else is, in upper case."""

    def replace(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%25"
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return quote(_PERCENT.sub(replace, part), safe=_SAFE, errors="surrogatepass")


def _path(path: str) -> str:
    """A path without dot segments and without slash at its end."""
    kept: list[str] = []
    for segment in _percent(path.replace("\\", "/")).split("/")[1:]:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    return "/".join(["", *kept]).rstrip("/")


def _query(query: str) -> str:
    """A query without tracking parameters, or ""."""
    kept = [
        part
        for part in _percent(query).split("&")
        if part and (name := part.partition("=")[0].lower()) not in _TRACKING and not name.startswith("utm_")
    ]
    return "?" + "&".join(kept) if kept else ""


def normal_domain(written: str) -> str | None:
    """The key of a domain in a bank: its host in ASCII without "www."; None if it is no domain of anybody's.

    A whole URL or "*.example.org" is taken for its host; a public suffix such as "co.uk" is refused.
    """
    url = normal_url(written.strip().removeprefix("*.").removeprefix("."))
    if url is None:
        return None
    host = without_www(url.host)
    return None if url.domain is None and not _is_address(host) else host
