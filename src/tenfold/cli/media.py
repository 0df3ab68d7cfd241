"""`tenfold media`: bytes that platforms uploaded."""

from typing import Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError

app = typer.Typer()

ACTOR = "cli:media"

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@app.command("waiting")
def waiting(json: Json = False) -> None:
    """How many uploads wait to be examined."""
    from tenfold.store import uploads

    with common.connection() as conn:
        count = uploads.waiting(conn)
    if json:
        common.print_json({"waiting": count})
    else:
        typer.echo(f"{count:,} waiting")


@app.command("erase")
def erase(
    item: Annotated[
        str, typer.Argument(metavar="ITEM", help="A media item's id, or the SHA-256 of its bytes.")
    ],
    json: Json = False,
) -> None:
    """Remove bytes and thumbnails now; hashes and the event stay. Audited.

    What waits to be examined, what an open case is about and what is under legal hold stays: exit status 2.
    """
    from tenfold.processing import examine
    from tenfold.store import uploads
    from tenfold.store.bucket import StoreAwayError
    from tenfold.store.s3_objects import objects_of

    settings = common.settings()
    with common.connection(settings) as conn:
        sha256 = uploads.sha256_of(conn, item) or item
        held = uploads.held(conn, sha256)
        if held is None:
            raise CommandError(f"nothing is stored of {item}")
        if held:
            raise CommandError(f"{item} waits, or an open case or a legal hold needs it; nothing was removed")
        try:
            examine.erase(conn, objects_of(settings), sha256, ACTOR)
        except StoreAwayError as error:
            raise CommandError(f"nothing was removed: {error}") from None
    if json:
        common.print_json({"erased": sha256})
    else:
        typer.echo(f"erased {sha256}")
