"""CloudEvents 1.0 as a way to send events: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md

`type` is `org.tenfold.post.created.v1` (or plainly `post.created`), `id` and `source` are the same as
ours, the account is the extension attribute `account`. All other attributes are kept with the event.
"""

import base64
import binascii
import urllib.parse
from collections.abc import Mapping

import msgspec
from msgspec import Raw

from tenfold.events import EventError

SPEC_VERSION = "1.0"
TYPE_PREFIX = "org.tenfold."
TYPE_SUFFIX = ".v1"
HEADER_PREFIX = "ce-"

_attributes = msgspec.json.Decoder(dict[str, Raw])
_string = msgspec.json.Decoder(str)


def to_wire(raw: bytes) -> bytes:
    """A structured CloudEvent (JSON) as an event of ours (JSON); raises EventError."""
    try:
        event = _attributes.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise EventError("event", f"not a CloudEvent in JSON: {error}") from None
    id_ = _optional(event, "id")
    if _optional(event, "specversion") != SPEC_VERSION:
        raise EventError("specversion", f"not {SPEC_VERSION}", "send CloudEvents 1.0", id_)
    type_ = _optional(event, "type")
    if type_ is None:
        raise EventError("type", "missing", f"for example {TYPE_PREFIX}post.created{TYPE_SUFFIX}", id_)
    if "source" not in event:
        raise EventError("source", "missing", "CloudEvents need one; with the id it tells events apart", id_)
    event["type"] = _raw(type_.removeprefix(TYPE_PREFIX).removesuffix(TYPE_SUFFIX))
    if "data_base64" in event:
        event["data"] = _decoded(event.pop("data_base64"), id_)
    return msgspec.json.encode(event)


def from_headers(headers: Mapping[str, str], body: bytes) -> bytes:
    """An event in binary mode (attributes in `ce-` headers, data in the body) as a structured one.

    Raises EventError when the body is not JSON.
    """
    attributes = {
        name[len(HEADER_PREFIX) :]: _raw(urllib.parse.unquote(value))
        for name, value in headers.items()
        if name.startswith(HEADER_PREFIX) and name != "ce-data"
    }
    if body.strip():
        try:
            attributes["data"] = msgspec.json.decode(body, type=Raw)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise EventError("data", f"not valid JSON: {error}") from None
    return msgspec.json.encode(attributes)


def _raw(text: str) -> Raw:
    return Raw(msgspec.json.encode(text))


def _optional(event: dict[str, Raw], name: str) -> str | None:
    """An attribute that must be text if it is there."""
    if name not in event:
        return None
    try:
        return _string.decode(event[name])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise EventError(name, "is no text") from None


def _decoded(raw: Raw, id_: str | None) -> Raw:
    try:
        data = base64.b64decode(_string.decode(raw), validate=True)
        msgspec.json.decode(data, type=Raw)
    except (msgspec.MsgspecError, binascii.Error, UnicodeDecodeError, RecursionError):
        hint = "send the data as JSON in `data`"
        raise EventError("data_base64", "does not hold JSON in base64", hint, id_) from None
    return Raw(data)
