"""Personal data become keyed tokens before anything is kept.

A token is HMAC-SHA256 under the installation's secret over kind and normal form, cut to 128 bits, and
reads `email:<32 hex digits>`. Equal people give equal tokens, so accounts can be linked; without the
secret a token says nothing, and nothing leads back from it.

Fields of these names are replaced at the top of an event and at the top of its `data`, in every type
of event. A platform that hashes them itself sends `hmac:<hex>`, which is kept as it is. Placeholders such as
"unknown", zeros or 127.0.0.1 become null: they would tie strangers to each other.
"""

import contextlib
import hashlib
import hmac
import ipaddress
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import idna
import msgspec
from msgspec import Raw

from tenfold.events import Event, EventError

_TOKEN_BYTES = 16
_SENT_AS_TOKEN = re.compile(r"hmac:[0-9a-fA-F]{16,128}")
# Providers that deliver a.b@ and ab@ to one mailbox.
_DOTLESS_DOMAINS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def normal_email(text: str) -> str:
    """Lower case, no `+tag`, no dots where the provider ignores them, the domain in ASCII."""
    local, at, domain = unicodedata.normalize("NFKC", text).strip().casefold().rpartition("@")
    if not at:
        return domain
    domain = domain.rstrip(".")
    with contextlib.suppress(idna.IDNAError):  # no domain name; still equal texts give equal tokens
        domain = idna.encode(domain, uts46=True).decode()
    local = local.partition("+")[0] or local
    if domain in _DOTLESS_DOMAINS:
        domain = _DOTLESS_DOMAINS[domain]
        local = local.replace(".", "")
    return f"{local}@{domain}"


def normal_phone(text: str) -> str:
    """The digits of an international number, whatever script and punctuation; `00` and `+` are the same."""
    digits = "".join(str(unicodedata.decimal(c)) for c in text if unicodedata.decimal(c, None) is not None)
    return digits.removeprefix("00") or text.strip().casefold()


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def normal_ip(text: str) -> str:
    """The canonical form; IPv4 inside IPv6 is IPv4."""
    address = _address(text)
    return str(address) if address else text.strip().casefold()


def network_of(ip: str) -> str | None:
    """The /24 of an IPv4, the /48 of an IPv6 address; None when `ip` is none."""
    address = _address(ip)
    if address is None:
        return None
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def normal_network(text: str) -> str:
    """A network as `network_of` writes it, from an address or a network in any prefix length."""
    return network_of(text.partition("/")[0]) or text.strip().casefold()


def _collapsed(text: str) -> str:
    return " ".join(text.split())


NORMAL_FORMS: dict[str, Callable[[str], str]] = {
    "email": normal_email,
    "phone": normal_phone,
    "ip": normal_ip,
    "network": normal_network,
    "device": str.strip,
    "user_agent": _collapsed,
}
# What programs write where they know nothing; strangers would seem to share it.
_NOTHING = frozenset(
    (
        "",
        "unknown",
        "null",
        "none",
        "nil",
        "undefined",
        "n/a",
        "na",
        "nan",
        "default",
        "unavailable",
        "not available",
        "not set",
        "anonymous",
        "(null)",
        "(none)",
        "[object object]",
        "noreply",
        "no-reply",
        "noemail",
        "no-email",
        "-",
        "--",
        "?",
    )
)
# Android 2.2's one id for many devices, the address that Android gives out for its own, emulators' IMEIs.
_NO_DEVICE = frozenset({"9774d56d682e549c", "020000000000", "004999010640000", "358240051111110"})
_ONE_SIGN = re.compile(r"0*|1{8,}|f{8,}|x{8,}")
_ONE_DIGIT = re.compile(r"(\d)\1*|0?1234567890?")


def says_nothing(kind: str, value: str) -> bool:
    """Whether a value is a placeholder ("unknown", zeros, 127.0.0.1, ...) by which strangers seem linked."""
    plain = value.strip().casefold()
    if plain in _NOTHING:
        return True
    if kind == "email":
        return plain.rpartition("@")[0] in _NOTHING and "@" in plain
    if kind == "phone":
        return bool(_ONE_DIGIT.fullmatch(normal_phone(value)))
    if kind in ("ip", "network"):
        address = _address(plain.partition("/")[0])
        return address is not None and (
            address.is_unspecified or address.is_loopback or address.is_link_local
        )
    if kind == "device":
        letters = "".join(filter(str.isalnum, plain))
        return letters in _NO_DEVICE or bool(_ONE_SIGN.fullmatch(letters))
    return False


ALWAYS_SEARCHED = frozenset({"account.created", "account.updated", "session.started"})
# A name can also hide behind escapes of its ASCII letters or underscore, which no serialiser writes.
_TRACES = (
    *(b'"%b"' % name.encode() for name in NORMAL_FORMS),
    *(b"\\u006", b"\\u007", b"\\u005f", b"\\u005F"),
)

_Object = dict[str, Raw]
_object = msgspec.json.Decoder(_Object)


class Pseudonymiser:
    """Turns personal values into tokens under one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, kind: str, value: str) -> str:
        """The token of one value; what already is a token (`hmac:...`) stays."""
        if _SENT_AS_TOKEN.fullmatch(value):
            return value
        normal = NORMAL_FORMS[kind](value)
        message = f"{kind}\0{normal}".encode("utf-8", "surrogatepass")
        return f"{kind}:{hmac.digest(self._secret, message, hashlib.sha256)[:_TOKEN_BYTES].hex()}"

    def apply(self, event: Event) -> Event:
        """The event with tokens for personal data, in `data` and `raw` alike.

        Events without any keep their bytes. Raises EventError when the JSON cannot be read again.
        """
        if event.type not in ALWAYS_SEARCHED and not _may_hold_personal(event.raw):
            return event
        try:
            outer = _object.decode(event.raw)
            inner = _object.decode(outer["data"]) if "data" in outer else {}
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise EventError("event", f"not valid JSON: {error}", event_id=event.id) from None
        in_outer = self._replace(outer)
        in_inner = self._replace(inner)
        if not in_outer and not in_inner:
            return event
        for name, token in in_inner.items():
            if name in type(event.data).__struct_fields__:
                setattr(event.data, name, token)
        if inner:
            outer["data"] = Raw(msgspec.json.encode(inner))
        return msgspec.structs.replace(event, raw=msgspec.json.encode(outer))

    def _replace(self, fields: _Object) -> dict[str, str | None]:
        """Replace personal values in place; returns the tokens by name, None for a placeholder."""
        tokens: dict[str, str | None] = {}
        for name in NORMAL_FORMS:
            value = _text(fields[name]) if name in fields else None
            if value is None:
                continue
            if says_nothing(name, value):
                tokens[name] = None
                continue
            tokens[name] = self.token(name, value)
            if name == "ip" and (network := network_of(value)):
                fields["network"] = Raw(msgspec.json.encode(network))
        for name, token in tokens.items():
            fields[name] = Raw(msgspec.json.encode(token))
        return tokens


def _may_hold_personal(raw: bytes) -> bool:
    for trace in _TRACES:  # noqa: SIM110 - any() over a generator costs four times as much, on every event
        if trace in raw:
            return True
    return False


def _text(raw: Raw) -> str | None:
    """A value as text: what is no string is taken as its JSON, so that no form of it slips through."""
    value: Any = msgspec.json.decode(raw)
    if value is None or isinstance(value, str):
        return value
    return bytes(raw).decode()
