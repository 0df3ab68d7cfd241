"""Sending files as a platform does, and letting a worker examine them."""

import json

from tenfold import pipeline
from tenfold.config import Settings
from tenfold.detectors.media.detector import MediaDetector
from tenfold.detectors.media.hasher import Hasher
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import load_policies
from tenfold.processing.examine import Examiner
from tenfold.processing.suites import CurrentSuite
from tenfold.store.objects import Objects
from tenfold.threats.protectees import Watch


def told(id_="u-1", media="m-1", type_="media.uploaded", **data):
    return {
        "id": id_,
        "type": type_,
        "time": "2026-03-01T12:00:00Z",
        "account": "amal",
        "data": {"media": media, **data},
    }


def send(server, data, event=None, **more):
    """POST one file; the response."""
    return server.client.post(
        "/v1/media",
        headers=server.key("events:write"),
        data={"event": json.dumps(event or told(**more))},
        files={"file": ("whatever.exe", data)},
    )


def examine_all(url, objects, uploads_dir=""):
    """Examine what waits; how many there were."""
    with Hasher() as hasher:
        examiner = Examiner(url, hasher, Objects(objects), str(uploads_dir))
        count = 0
        while examiner.next_one():
            count += 1
        return count


def run_pipeline(conn):
    """Take everything that is queued through the pipeline."""
    tools = Tools(
        suite=CurrentSuite().get(conn),
        policy=load_policies(Settings()),
        linker=Linker(),
        watch=Watch(b"secret"),
        media=MediaDetector(),
    )
    while pipeline.run_once(conn, tools, 100).applied:
        continue
