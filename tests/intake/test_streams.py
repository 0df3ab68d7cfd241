"""Compressed bodies and lines, in whatever pieces they come."""

import gzip
import json
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tenfold.events import EventError
from tenfold.intake import cloudevents
from tenfold.intake.decompression import DECOMPRESSORS, PIECE, CompressionError
from tenfold.intake.lines import LineSplitter

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
}


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(st.sampled_from(sorted(PACK)), st.lists(st.binary(max_size=3_000), max_size=5), st.integers(1, 500))
def test_members_in_any_pieces_give_the_whole(encoding: str, members: list[bytes], size: int) -> None:
    packed = b"".join(PACK[encoding](member) for member in members)
    decompressor = DECOMPRESSORS[encoding]()
    given_out = b"".join(piece for part in cut(packed, size) for piece in decompressor.feed(part))
    decompressor.finish()
    assert given_out == b"".join(members)


@given(st.sampled_from(["gzip", "zstd"]), st.binary(min_size=1, max_size=500), st.integers(1, 8))
def test_a_stream_cut_off_is_noticed(encoding: str, content: bytes, missing: int) -> None:
    decompressor = DECOMPRESSORS[encoding]()
    packed = PACK[encoding](content)
    with pytest.raises(CompressionError):
        list(decompressor.feed(packed[: max(1, len(packed) - missing)]))
        decompressor.finish()


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_comes_in_small_pieces(encoding: str) -> None:
    bomb = PACK[encoding](b"\0" * 50_000_000)
    sizes = [len(piece) for piece in DECOMPRESSORS[encoding]().feed(bomb)]
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= 2 * PIECE


def test_zeros_after_a_member_are_padding() -> None:
    decompressor = DECOMPRESSORS["gzip"]()
    assert b"".join(decompressor.feed(gzip.compress(b"a") + b"\0" * 500)) == b"a"
    decompressor.finish()


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@given(content=st.binary(min_size=20, max_size=200))
def test_noise_is_an_error_of_its_own_kind(encoding: str, content: bytes) -> None:
    decompressor = DECOMPRESSORS[encoding]()
    try:
        list(decompressor.feed(content))
        decompressor.finish()
    except CompressionError:
        pass


def test_a_zstd_window_beyond_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27, enable_ldm=True)
    big = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(CompressionError):
        list(DECOMPRESSORS["zstd"]().feed(big.compress(b"x" * 100) + big.flush()))


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=8), st.integers(1, 30))
def test_lines_in_any_pieces(lines: list[bytes], size: int) -> None:
    splitter = LineSplitter(1_000)
    data = b"\n".join(lines)
    found = [line for part in cut(data, size) for line in splitter.feed(part)] + list(splitter.finish())
    expected = [
        line for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line and not line.isspace()
    ]
    assert found == expected


@given(st.integers(1, 700))
def test_a_long_line_is_cut_and_the_next_is_whole(size: int) -> None:
    splitter = LineSplitter(100)
    data = b"a" * 1_000 + b"\nb\n"
    found = [line for part in cut(data, size) for line in splitter.feed(part)]
    assert found == [b"a" * 101, b"b"]


@given(
    st.dictionaries(
        st.sampled_from(["id", "type", "data", "source", "specversion", "data_base64", "x"]),
        st.none() | st.integers() | st.text(max_size=9),
    )
)
def test_any_object_is_an_event_or_an_error(attributes: dict[str, object]) -> None:
    try:
        wire = cloudevents.to_wire(json.dumps(attributes).encode())
    except EventError as error:
        assert error.field
    else:
        assert json.loads(wire)["id"] == attributes.get("id") if "id" in attributes else True


def test_zlib_without_a_gzip_header_is_not_gzip() -> None:
    with pytest.raises(CompressionError):
        list(DECOMPRESSORS["gzip"]().feed(zlib.compress(b"x")))
