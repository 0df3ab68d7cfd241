"""A model that cannot be read stops nothing and is told of; none is taken into use."""

import json
import logging

from typer.testing import CliRunner

from tenfold.cli import build
from tenfold.linkage import measures
from tenfold.linkage.model import Model
from tenfold.linkage.online import Linker
from tenfold.store import link_models
from tenfold.store.status import read_status
from tests.linkage.online.platform_of_returns import KEPT, Platform


def test_the_shipped_model_scores_in_place_of_one_that_cannot_be_read(conn, monkeypatch, caplog):
    monkeypatch.setattr(measures, "MODEL_SECONDS", 0.0)
    platform = Platform(conn)
    platform.crowd()
    platform.propagandist()
    platform.close("old")
    link_models.add(conn, "broken", {"version": "broken"}, report={}, made_by="user:1")
    link_models.use(conn, "broken")
    with caplog.at_level(logging.ERROR, "tenfold.linkage"):
        platform.sign_up("new", **KEPT)
        platform.work()
    assert platform.links("new").keys() == {"old"}
    assert conn.execute("SELECT DISTINCT model FROM links").fetchall() == [(Model.shipped().version,)]
    assert len(caplog.records) == 1 and "broken" in caplog.text
    status = read_status(conn)
    assert status.link_model == "broken" and status.link_model_fault
    link_models.use(conn, None)
    Linker().look(conn, ["new"])
    status = read_status(conn)
    assert (status.link_model, status.link_model_fault) == (None, None)


def test_a_model_that_cannot_be_read_is_not_taken_into_use(conn, database_url, monkeypatch):
    link_models.add(conn, "broken", {"version": "broken"}, report={}, made_by="user:1")
    conn.commit()
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    result = CliRunner().invoke(build(), ["link", "use", "broken"])
    assert result.exit_code != 0
    assert link_models.current_version(conn) is None
    link_models.use(conn, "broken")
    link_models.note_fault(conn, "broken", "no weights")
    conn.commit()
    assert "broken cannot be read: no weights" in " ".join(
        CliRunner().invoke(build(), ["status"]).output.split()
    )
    told = json.loads(CliRunner().invoke(build(), ["status", "--json"]).stdout)
    assert (told["link_model"], told["link_model_fault"]) == ("broken", "no weights")
