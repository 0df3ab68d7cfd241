"""`tenfold hash`: hashes of files, made on this machine, so that only hashes leave it."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.detectors.media.hasher import FileHashes

app = typer.Typer()

FRAME_TEXT = 48  # characters of one frame; --json and --csv give them all

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Pictures, films, sounds, or files of any kind.")
]


def hashed(files: list[Path]) -> "list[FileHashes]":
    """The hashes of files, with a progress bar; CommandError names the first that cannot be read."""
    from tenfold.cli.progress import bar
    from tenfold.detectors.media.hasher import Hasher

    found = []
    with Hasher() as hasher, bar("hashing", len(files)) as report:
        for number, file in enumerate(files, start=1):
            try:
                found.append(hasher.hash_file(file))
            except OSError as error:
                raise CommandError(f"{file}: cannot be read: {error.strerror}") from None
            report(number)
    return found


@app.command("hash")
def hash_(
    files: Files,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="What `tenfold banks import` takes.")] = False,
) -> None:
    """SHA-256 and MD5 of files, PDQ of pictures, frames and sound of films: fields of `media.uploaded`, or
    entries of a bank.

    Contents are read in a confined process. Nothing is stored or sent.
    """
    if json and as_csv:
        raise CommandError("--json and --csv exclude each other")
    found = hashed(files)
    if json:
        common.print_json(found)
        return
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("value", "provenance"))
        writer.writerows((one.value, Path(one.file).name) for one in found)
    for one in found:
        if one.note:
            sys.stderr.write(f"{one.file}: {one.note}\n")
        if not as_csv:
            pdq = [f"pdq:{one.pdq}"] if one.pdq else []
            pdq += [f"pdq/trimmed:{one.pdq_trimmed}"] if one.pdq_trimmed else []
            film = [f"film:{len(one.film) // FRAME_TEXT:,}-frames"] if one.film else []
            sound = [f"sound:{one.seconds or 0:,.0f}-s"] if one.sound else []
            words = (f"sha256:{one.sha256}", f"md5:{one.md5}", *pdq, *film, *sound)
            typer.echo(" ".join(words) + f"\t{one.file}")
