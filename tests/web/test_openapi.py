"""The API keeps to its own OpenAPI description, whatever is sent."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tenfold.store.keys import Scope

if TYPE_CHECKING:
    from tests.conftest import Server


EXAMPLES = 10  # for each operation
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_answers_are_as_described(serve: "Callable[..., Server]") -> None:
    server = serve()
    key = server.key(*Scope)
    schema = schemathesis.openapi.from_asgi("/openapi.json", server.client.app)
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) > 20
    failures: list[str] = []
    for operation in operations:

        @given(operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def answers_as_described(case: Any) -> None:
            case.call_and_validate(headers=key, checks=CHECKS)

        try:
            answers_as_described()
        except FailureGroup as group:
            failures += [
                f"{operation.label}: {failure.title}: {group.message}" for failure in group.exceptions
            ]
    assert not failures, "\n\n".join(failures)


def test_every_operation_states_its_errors_and_its_key(server: "Server") -> None:
    document = server.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = [
        (path, operation) for path, item in document["paths"].items() for operation in item.values()
    ]
    assert ("/v1/events" in document["paths"]) and len(operations) > 4
    for path, operation in operations:
        assert "application/problem+json" in operation["responses"]["default"]["content"], path
        assert (operation.get("security") == [{"apiKey": []}]) is (
            path.startswith("/v1/") or path == "/metrics"
        )
    ids = [operation["operationId"] for _, operation in operations]
    assert len(ids) == len(set(ids))


def test_the_body_of_events_is_described_type_by_type(server: "Server") -> None:
    document = server.client.get("/openapi.json").json()
    content = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    assert set(content) >= {"application/json", "application/x-ndjson", "application/cloudevents+json"}
    variants = {variant["title"]: variant for variant in document["components"]["schemas"]["Event"]["oneOf"]}
    assert "account" in variants["post.created"]["required"]
    assert "account" not in variants["report.filed"]["required"]
    assert variants["post.created"]["properties"]["data"]["$ref"].endswith("/PostCreated")
