"""`tenfold demo`: a platform's month, found and shown in the console, on a bare machine."""

import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common, progress
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from rich.console import Console

    from tenfold.cli.demo_client import Client
    from tenfold.cli.demo_server import Server
    from tenfold.simulation import Ledger, SimulationSpec
    from tenfold.simulation.scoring import Score

app = typer.Typer()

USER = "demo"
SPEC_FILE = "simulation.json"  # marks the folder as a demonstration's and says of which simulation


@app.command(epilog="Other commands reach the demonstration with TENFOLD_DATA_DIR set to its --data-dir.")
def demo(
    *,
    events: Annotated[int, typer.Option(help="How many events to simulate.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Of the simulation.")] = 1,
    data_dir: Annotated[Path, typer.Option(help="Where the demonstration keeps its data.")] = Path(
        "demo-data"
    ),
    port: Annotated[int, typer.Option(help="Where the console listens, on 127.0.0.1.")] = 8010,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an earlier demonstration first.")] = False,
    exit_: Annotated[bool, typer.Option("--exit", help="Stop after the tables, for programs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the score as JSON.")] = False,
) -> None:
    """Simulate a month with the fictional Ashen Banner on the platform, find it, open the console."""
    from rich.console import Console

    from tenfold.cli import demo_report, demo_server

    console = Console(stderr=as_json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end in order, as on Ctrl-C
    demo_server.require_free(port)
    spec = prepare(data_dir, events=events, seed=seed, fresh=fresh)
    console.print(f"Starting Tenfold in {data_dir} ...")
    with demo_server.running(data_dir, port) as server:
        score = _feed_and_score(server, data_dir, spec, console)
        if as_json:
            common.print_json(score)
        else:
            demo_report.show(score, console)
        if not exit_:
            _stay_open(server, data_dir, console)


def prepare(data_dir: Path, *, events: int, seed: int, fresh: bool) -> "SimulationSpec":
    """The simulation of this folder: the one that it holds already, or a new one of the last 30 days."""
    import msgspec

    from tenfold.simulation import SimulationSpec, SpecError

    marker = data_dir / SPEC_FILE
    occupied = data_dir.exists() and (not data_dir.is_dir() or any(data_dir.iterdir()))
    if occupied and not marker.exists():
        raise CommandError(f"{data_dir} holds something that is no demonstration; choose another --data-dir")
    try:
        if marker.exists() and not fresh:
            spec = msgspec.json.decode(marker.read_bytes(), type=SimulationSpec)
            if (spec.events, spec.seed) != (events, seed):
                raise CommandError(
                    f"{data_dir} holds a demonstration of {spec.events:,} events, seed {spec.seed}; "
                    "ask for the same, or begin anew with --fresh"
                )
            return spec
        spec = SimulationSpec(
            events=events, seed=seed, start=datetime.now(UTC).date() - timedelta(days=30), days=30
        )
        if marker.exists():
            shutil.rmtree(data_dir)
        data_dir.mkdir(parents=True, exist_ok=True)
        marker.write_bytes(msgspec.json.encode(spec))
    except SpecError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"cannot use {data_dir}: {error.strerror or error}") from None
    except msgspec.MsgspecError as error:
        raise CommandError(f"{marker} cannot be read: {error}; begin anew with --fresh") from None
    return spec


def _feed_and_score(server: "Server", data_dir: Path, spec: "SimulationSpec", console: "Console") -> "Score":
    import time

    from tenfold.cli.demo_client import Client
    from tenfold.simulation import Ledger, Truth, generate

    client = Client(server.url, _api_key(data_dir))
    truths: list[Truth] = []
    try:
        began = time.monotonic()
        with progress.bar("a month of events", spec.events) as advance:
            for sent in client.send(generate(spec, truths.append)):
                advance(sent)
        sent_after = time.monotonic() - began
        with progress.bar("finding", spec.events) as advance:
            for waiting in client.drain():
                server.require_alive()
                advance(spec.events - waiting)
        done_after = time.monotonic() - began
        known = f", {client.known_before:,} of them known from before" if client.known_before else ""
        console.print(
            f"{spec.events:,} events sent in {sent_after:.1f} s{known}; all judged after {done_after:.1f} s."
        )
        return _score(client, data_dir, Ledger(truths))
    finally:
        client.close()


def _api_key(data_dir: Path) -> str:
    from tenfold.config import secret_key
    from tenfold.store import keys

    chosen = common.settings(data_dir=data_dir, database_url="")
    scopes = [keys.Scope.EVENTS_WRITE, keys.Scope.CASES_READ, keys.Scope.STATUS_READ]
    expires = datetime.now(UTC) + timedelta(days=1)
    with common.connection(chosen) as conn:
        _, key = keys.create(
            conn, secret_key(chosen), name="demonstration", scopes=scopes, expires_at=expires
        )
    return key


def _score(client: "Client", data_dir: Path, ledger: "Ledger") -> "Score":
    """An account is found when it, or something it posted, has a case; possible exceptions find nobody."""
    from tenfold.simulation import scoring
    from tenfold.store import signals
    from tenfold.taxonomy import Ground

    accounts: set[str] = set()
    posts: dict[str, str] = {}
    excepted: dict[str, str] = {}
    for case in client.cases():
        of_post = case["subject"]["kind"] == "post"
        if not Ground(case["ground"]).is_violation:
            if of_post:
                excepted[case["subject"]["id"]] = case["account"]
            continue
        if case["account"] is not None:
            accounts.add(case["account"])
        if of_post:
            posts[case["subject"]["id"]] = case["account"]
    with common.connection(common.settings(data_dir=data_dir, database_url="")) as conn:
        linked = signals.links_to_closed(conn, sorted(ledger.accounts))
    return scoring.score(ledger, accounts=accounts, posts=posts, excepted=excepted, returns=linked)


def _stay_open(server: "Server", data_dir: Path, console: "Console") -> None:
    """Print a one-time login link and wait for Ctrl-C."""
    import time

    from tenfold.store import people
    from tenfold.taxonomy import Role

    with common.connection(common.settings(data_dir=data_dir, database_url="")) as conn:
        known = [user for user in people.users(conn) if user.name == USER]
        user = known[0] if known else people.add_user(conn, USER, list(Role))
        token = people.create_login_link(conn, user.id)
    console.print("\nThe console, by a link that logs you in once within 15 minutes:")
    console.print(f"{server.url}/login/{token}", soft_wrap=True)
    console.print("Ctrl-C ends the demonstration; its data stay for the next time.")
    try:
        while True:
            server.require_alive()
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("Stopping ...")
