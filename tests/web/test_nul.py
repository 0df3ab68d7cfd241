"""U+0000, which PostgreSQL keeps in no text, in every place of every request that the API describes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tenfold.casework.filing import file_firings
from tenfold.store.keys import Scope
from tests.casework.small_platform import NOW, add_account, add_post, firing

if TYPE_CHECKING:
    from tests.conftest import Server

NUL = "a\0b"
Schema = dict[str, Any]


class Bodies:
    """Values that a schema allows, and the same with U+0000 in one string."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas: dict[str, Schema] = document["components"]["schemas"]

    def _branches(self, schema: Schema | bool) -> list[Schema]:
        """The schemas without references and alternatives that a value may have; null left out."""
        if isinstance(schema, bool):  # anything at all
            return [{"type": "string"}] if schema else []
        if "$ref" in schema:
            return self._branches(self._schemas[schema["$ref"].rpartition("/")[2]])
        alternatives = schema.get("oneOf") or schema.get("anyOf")
        if alternatives:
            return [found for one in alternatives for found in self._branches(one)]
        if isinstance(schema.get("type"), list):
            return [schema | {"type": name} for name in schema["type"] if name != "null"]
        return [] if schema.get("type") == "null" else [schema]

    def good(self, schema: Schema | bool) -> Any:
        """The smallest value, near enough: what is refused is refused before or because of U+0000."""
        chosen = self._branches(schema)[0]
        if "enum" in chosen or "const" in chosen:
            return chosen.get("const", chosen.get("enum", [None])[0])
        match chosen.get("type", "object"):
            case "string":
                formats = {"date-time": "2026-03-01T12:00:00Z"}
                return formats.get(chosen.get("format", ""), "a" * max(1, chosen.get("minLength", 1)))
            case "integer" | "number":
                return max(chosen.get("minimum", 1), 1)
            case "boolean":
                return True
            case "array":
                return [self.good(chosen["items"]) for _ in range(chosen.get("minItems", 0))]
        properties: dict[str, Schema] = chosen.get("properties", {})
        return {name: self.good(properties[name]) for name in chosen.get("required", [])}

    def bad(self, schema: Schema | bool, path: str = "") -> Iterator[tuple[str, Any]]:
        """Each place where a string can stand, and a value with U+0000 there."""
        for chosen in self._branches(schema):
            kind = chosen.get("type", "object")
            if kind == "string":
                yield path, NUL
            elif kind == "array":
                for place, item in self.bad(chosen["items"], f"{path}[]"):
                    rest = [self.good(chosen["items"])] * (chosen.get("minItems", 1) - 1)
                    yield place, [item, *rest]
            elif kind == "object":
                yield from self._bad_members(chosen, path)

    def _bad_members(self, schema: Schema, path: str) -> Iterator[tuple[str, Any]]:
        base = self.good(schema)
        for name, member in schema.get("properties", {}).items():
            for place, value in self.bad(member, f"{path}.{name}"):
                yield place, base | {name: value}
        others = schema.get("additionalProperties")
        if isinstance(others, dict):
            yield f"{path}.KEY", base | {NUL: "a"}
            for place, value in self.bad(others, f"{path}.*"):
                yield place, base | {"a": value}


@pytest.fixture
def document(server: "Server") -> dict[str, Any]:
    """The OpenAPI document of a server that has a bank and a case, so that requests come to something."""
    key = server.key(Scope.BANKS_WRITE)
    server.client.post("/v1/banks", json={"id": "ashen", "kind": "terms", "title": "A"}, headers=key)
    with server.runtime.pool.connection() as conn:
        add_account(conn, "a-1")
        add_post(conn, "p-1", "a-1", "text")
        file_firings(conn, [firing(effects={"hold": True})], NOW)
    found: dict[str, Any] = server.client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path with the ids of what is there, and description of each operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            filled = path
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    name = "{" + parameter["name"] + "}"
                    uuid = parameter["schema"].get("format") == "uuid"
                    id_ = "ashen" if parameter["name"] == "bank" else str(UUID) if uuid else "1"
                    filled = filled.replace(name, id_)
            yield method, filled, operation


UUID = "00000000-0000-7000-8000-000000000000"


def test_no_text_of_a_body_may_hold_it(server: "Server", document: dict[str, Any]) -> None:
    key, bodies = server.key(*Scope), Bodies(document)
    tried, wrong = [], []
    for method, path, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            continue
        for place, body in bodies.bad(content["application/json"]["schema"]):
            answer = server.client.request(method, path, json=body, headers=key)
            tried.append((path, place))
            refused = answer.status_code == 422 or (answer.status_code == 200 and answer.json()["refused"])
            if not refused:
                wrong.append((method, path, place, answer.status_code))
    assert not wrong
    expected = {
        ("/v1/cases/1/notes", ".text"),
        ("/v1/cases/1/decisions", ".add[].details.KEY"),
        ("/v1/cases/1/decisions", ".add[].subject.id"),
        ("/v1/banks", ".purpose"),
        ("/v1/banks/ashen/entries", ".entries[].label"),
        ("/v1/webhooks", ".name"),
        ("/v1/links", "[].evidence[].words"),
        ("/v1/events", ".data.text"),
    }
    assert expected <= set(tried)


def test_no_parameter_may_hold_it(server: "Server", document: dict[str, Any]) -> None:
    key = server.key(*Scope)
    tried, wrong = 0, []
    for method, path, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query":
                target = f"{path}?{quote(parameter['name'])}={quote(NUL)}"
            else:
                target = path.replace("ashen", quote(NUL)).replace("/1", f"/{quote(NUL)}").replace(UUID, NUL)
            answer = server.client.request(method, quote(target, safe="/?=%"), headers=key)
            tried += 1
            if answer.status_code not in (400, 404, 422):
                wrong.append((method, target, answer.status_code))
    assert not wrong
    assert tried > 25
