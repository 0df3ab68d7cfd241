"""The OpenAPI 3.1 document, made from the handlers themselves."""

from collections.abc import Sequence
from importlib import metadata
from typing import Any

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.types import Method
from litestar.types.internal_types import PathParameterDefinition

from tenfold.web import event_schema
from tenfold.web.problems import MEDIA_TYPE, ProblemDocument

API_PREFIX = "/v1/"
NEEDS_KEY = {"/metrics"}
_DESCRIPTION = """Tenfold takes in what happens on a platform and says what to do about it.

Every error is an RFC 9457 problem document with a stable `type`. Keys come from `tenfold keys create`.
"""


def document(handlers: Sequence[Any], dependencies: dict[str, Provide]) -> dict[str, Any]:
    """The document as plain values; built on an app of its own that serves nothing."""
    config = OpenAPIConfig(
        title="Tenfold",
        version=metadata.version("tenfold"),
        description=_DESCRIPTION,
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
    )
    app = Litestar(list(handlers), dependencies=dependencies, openapi_config=config)
    result: dict[str, Any] = app.openapi_schema.to_schema()
    components = result.setdefault("components", {})
    components["securitySchemes"] = {
        "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key, `tf_...`."}
    }
    (problem,), parts = msgspec.json.schema_components(
        [ProblemDocument], ref_template="#/components/schemas/{name}"
    )
    components.setdefault("schemas", {}).update(parts | event_schema.components())
    result["paths"]["/v1/events"]["post"]["requestBody"] = event_schema.request_body()
    result["paths"]["/v1/media"]["post"]["requestBody"] = event_schema.upload_body()
    for path, item in result["paths"].items():
        for operation in item.values():
            _describe_errors(operation, problem)
            if path.startswith(API_PREFIX) or path in NEEDS_KEY:
                operation["security"] = [{"apiKey": []}]
    return result


def _operation_id(_: HTTPRouteHandler, method: Method, path: list[str | PathParameterDefinition]) -> str:
    """`post_v1_cases_id_decision`: method and path, which no two operations share."""
    return "_".join([method.lower(), *(part if isinstance(part, str) else part.name for part in path)])


def _describe_errors(operation: dict[str, Any], problem: dict[str, Any]) -> None:
    """Every error is a problem: Litestar describes its own form of error instead."""
    content = {MEDIA_TYPE: {"schema": problem}}
    responses = operation["responses"]
    for status, response in responses.items():
        if status >= "400" and MEDIA_TYPE not in response.get("content", {}) and status != "default":
            response["content"] = content
    responses["default"] = {"description": "Any error", "content": content}
