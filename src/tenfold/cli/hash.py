"""`tenfold hash`: hashes of files, made on this machine, so that only hashes leave it."""

import csv
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.detectors.media.hasher import FileHashes
    from tenfold.detectors.media.reading.confined import WordReader

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
                raise _unread(file, error) from None
            report(number)
    return found


def with_words(hashes: "list[FileHashes]") -> "list[FileHashes]":
    """The same with what is written in each file. CommandError where this machine cannot read."""
    from tenfold.cli.progress import bar
    from tenfold.detectors.media.reading import weights
    from tenfold.detectors.media.reading.confined import WordReader

    if missing := weights.missing():
        raise CommandError(f"words cannot be read on this machine: {missing}")
    found = []
    with WordReader() as reader, bar("reading", len(hashes)) as report:
        for number, one in enumerate(hashes, start=1):
            found.append(_read(reader, one))
            report(number)
    return found


def _read(reader: "WordReader", one: "FileHashes") -> "FileHashes":
    try:
        with Path(one.file).open("rb") as file:
            said = reader.read(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise _unread(Path(one.file), error) from None
    except RuntimeError as error:
        raise CommandError(f"words cannot be read on this machine: {error}") from None
    note = one.note or (f"its words were not read: {said.refused}" if said.refused else "")
    return msgspec.structs.replace(one, words=said.words, note=note)


def _unread(file: Path, error: OSError) -> CommandError:
    return CommandError(f"{file}: cannot be read: {error.strerror}")


@app.command("hash")
def hash_(
    files: Files,
    *,
    words: Annotated[
        bool, typer.Option("--words", help="Read what is written in pictures and films, too.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="What `tenfold banks import` takes.")] = False,
    event: Annotated[
        str, typer.Option(metavar="JSON", help="Give this event of `media.uploaded` back with the hashes.")
    ] = "",
) -> None:
    """SHA-256 and MD5 of files, PDQ of pictures, frames and sound of films: fields of `media.uploaded`, or
    entries of a bank.

    Contents are read in a confined process. Nothing is stored or sent.
    """
    if json + as_csv + bool(event) > 1:
        raise CommandError("--json, --csv and --event exclude each other")
    if event and len(files) != 1:
        raise CommandError(f"--event is about one file, {len(files)} were given")
    if words and as_csv:
        raise CommandError("--words and --csv exclude each other: entries of banks of media hold no words")
    found = with_words(hashed(files)) if words else hashed(files)
    if event:
        typer.echo(_told_as(event, found[0]))
        return
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
            typer.echo(_told(one))


def _told_as(event: str, one: "FileHashes") -> str:
    """The event with the hashes, as `/v1/events` takes it; CommandError says what is wrong with it."""
    from tenfold import events
    from tenfold.processing import examine

    try:
        given = events.parse(event.encode())
        if given.type != "media.uploaded":
            raise CommandError(f"--event: hashes belong to media.uploaded, not to {given.type}")
        whole = examine.with_hashes(event.encode(), examine.kept(one))
    except events.EventError as error:
        raise CommandError(f"--event: {error}") from None
    return whole.raw.decode()


def _told(one: "FileHashes") -> str:
    """A file in a line, and each line that is written in it in one of its own."""
    pdq = [f"pdq:{one.pdq}"] if one.pdq else []
    pdq += [f"pdq/trimmed:{one.pdq_trimmed}"] if one.pdq_trimmed else []
    film = [f"film:{len(one.film) // FRAME_TEXT:,}-frames"] if one.film else []
    sound = [f"sound:{one.seconds or 0:,.0f}-s"] if one.sound else []
    hashes = (f"sha256:{one.sha256}", f"md5:{one.md5}", *pdq, *film, *sound)
    lines = [f"{' '.join(hashes)}\t{one.file}"]
    for line in one.words or ():
        at = "" if line.at is None else f" at {line.at:,.1f} s"
        lines.append(f"\twords{at}: {line.text}")
    return "\n".join(lines)
