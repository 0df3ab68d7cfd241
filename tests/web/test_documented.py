"""What docs/api.md and docs/ingest.md show works as shown."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tenfold.events import EVENT_TYPES
from tenfold.intake import mapping
from tenfold.store.keys import Scope

if TYPE_CHECKING:
    from tests.conftest import Server

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


def test_documented_events_are_accepted(server: "Server") -> None:
    headers = server.key(Scope.EVENTS_WRITE) | {"content-type": "application/json"}
    examples = blocks("api.md", "json")
    assert len(examples) >= 3
    for example in examples:
        answer = server.client.post("/v1/events", content=example.encode(), headers=headers)
        assert answer.json()["accepted"] == 1, answer.text


def test_the_documented_binary_cloudevent_is_accepted(server: "Server") -> None:
    (command,) = (block for block in blocks("api.md", "sh") if "ce-specversion" in block)
    headers = dict(pair.split(": ", 1) for pair in re.findall(r'-H "([^"]+)"', command))
    (body,) = re.findall(r"-d '([^']+)'", command)
    headers |= {"Authorization": server.key(Scope.EVENTS_WRITE)["authorization"]}
    answer = server.client.post("/v1/events", content=body.encode(), headers=headers)
    assert answer.json()["accepted"] == 1, answer.text


def test_every_type_of_event_and_every_scope_is_documented() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    for name in (*EVENT_TYPES, *Scope):
        assert f"`{name}`" in page, name


def test_the_documented_mapping_works() -> None:
    (example,) = blocks("ingest.md", "yaml")
    columns = {
        "author_id",
        "joined",
        "author",
        "is_verified",
        "id",
        "posted",
        "title",
        "body",
        "urls",
        "likes",
    }
    assert mapping.parse(example, "example").columns == columns | {"deleted"}
