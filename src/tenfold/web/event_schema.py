"""The bodies of `POST /v1/events` as OpenAPI describes them.

The framework does not read these bodies (each event is checked by itself), so it cannot describe them.
"""

from typing import Any

import msgspec

from tenfold.events import ACCOUNT_OPTIONAL, DATA_TYPES, MAX_ID_LENGTH
from tenfold.web.api.events import CLOUDEVENT, CLOUDEVENTS, JSON, NDJSON

_ID = {"type": "string", "minLength": 1, "maxLength": MAX_ID_LENGTH}
_ENVELOPE = {
    "id": _ID | {"description": "The platform's own; with `source` it makes sending twice harmless."},
    "time": {"type": "string", "format": "date-time"},
    "source": _ID | {"default": "platform"},
    "account": _ID | {"description": "Who did it: the platform's id of the account."},
}
_TEMPLATE = "#/components/schemas/{name}"


def _variant(name: str, data: dict[str, Any], type_: dict[str, Any], required: list[str]) -> dict[str, Any]:
    account = [] if name in ACCOUNT_OPTIONAL else ["account"]
    return {
        "title": name,
        "type": "object",
        "required": ["id", "type", "time", "data", *required, *account],
        "properties": {"type": type_, "data": data, **_ENVELOPE},
    }


def components() -> dict[str, Any]:
    """Schemas by name: `Event`, `CloudEvent` and the data of each type of event."""
    references, schemas = msgspec.json.schema_components(DATA_TYPES.values(), ref_template=_TEMPLATE)
    data = dict(zip(DATA_TYPES, references, strict=True))
    ours = [_variant(name, data[name], {"const": name}, []) for name in DATA_TYPES]
    cloud = []
    for name in DATA_TYPES:
        variant = _variant(name, data[name], {"const": f"org.tenfold.{name}.v1"}, ["specversion", "source"])
        variant["properties"]["specversion"] = {"const": "1.0"}
        cloud.append(variant)
    return {**schemas, "Event": {"oneOf": ours}, "CloudEvent": {"oneOf": cloud}}


def request_body() -> dict[str, Any]:
    """The `requestBody` of the operation."""
    event = {"$ref": _TEMPLATE.format(name="Event")}
    cloudevent = {"$ref": _TEMPLATE.format(name="CloudEvent")}
    schemas = {
        JSON: {"oneOf": [event, {"type": "array", "items": event}]},
        NDJSON[0]: {"type": "string", "description": "One event a line."},
        CLOUDEVENT: cloudevent,
        CLOUDEVENTS: {"type": "array", "items": cloudevent},
    }
    return {
        "required": True,
        "description": "Events. `Content-Encoding` gzip and zstd are understood.",
        "content": {name: {"schema": schema} for name, schema in schemas.items()},
    }


def upload_body() -> dict[str, Any]:
    """The `requestBody` of `POST /v1/media`."""
    parts = {
        "event": {"$ref": _TEMPLATE.format(name="Event"), "description": "Of the type media.uploaded."},
        "file": {"type": "string", "contentMediaType": "application/octet-stream"},
    }
    schema = {"type": "object", "required": list(parts), "properties": parts}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
