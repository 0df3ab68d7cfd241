"""Lists of exchanges: what is read of each format, what is refused with its line, and what no file may do."""

import io
import json
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.detectors.bank_transfer import EntryFileError
from tenfold.detectors.exchanges import formats, json_records, tat, xml_records
from tenfold.detectors.exchanges.formats import FORMATS, WRITERS, Format
from tenfold.detectors.exchanges.record import Opinion, Read, Record, Unread

PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
MD5 = "0f343b0931126a20f133d67c2b018a3b"
SHA256 = "9" * 64


def parse(path: Path, text: str | bytes, format_: Format) -> list[Read]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(formats.read(path, format_))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list"


STOP_NCII = json.dumps(
    {
        "count": 2,
        "nextSetTimestamp": 1700000002,
        "nextPageToken": None,
        "hasMoreRecords": False,
        "hashRecords": [
            {
                "lastModtimestamp": 1700000001,
                "hashValue": PDQ,
                "hashStatus": "Active",
                "caseNumbers": {"c-1": "Active"},
                "signalType": "ImagePDQ",
                "CSPFeedbacks": [
                    {"source": "Platform One", "feedbackValue": "Blocked", "tags": ["b", "a"]},
                    {"source": "Platform Two", "feedbackValue": "NotBlocked"},
                    {"source": "Platform Three", "feedbackValue": "SomethingNew", "tags": []},
                ],
            },
            {
                "lastModtimestamp": 1700000002,
                "hashValue": MD5,
                "hashStatus": "Withdrawn",
                "caseNumbers": [],
                "signalType": "VideoMD5",
            },
            {"signalType": "VideoTMK", "hashValue": "x"},
        ],
    },
    indent=1,
)


def test_stop_ncii(file: Path) -> None:
    active, gone, other = parse(file, STOP_NCII, "stop_ncii")
    assert active == Record(
        line=7,
        id=f"ImagePDQ:{PDQ}",
        hashes=(f"pdq:{PDQ}",),
        label="a, b",
        provenance="StopNCII.org",
        updated_at=datetime.fromtimestamp(1700000001, UTC),
        opinions=(
            Opinion(source="Platform One", verdict="agrees", tags=("b", "a")),
            Opinion(source="Platform Two", verdict="disagrees"),
            Opinion(source="Platform Three", verdict="unsure"),
        ),
    )
    assert isinstance(gone, Record) and isinstance(other, Record)
    assert (gone.hashes, gone.withdrawn) == ((f"md5:{MD5}",), True)
    assert (other.hashes, other.others) == ((), ("VideoTMK",))


def test_tech_against_terrorism(file: Path) -> None:
    entry = {
        "hash_digest": MD5,
        "algorithm": "MD5",
        "ideology": "far-right",
        "file_type": "mp4",
        "deleted": False,
        "updated_on": 1704901040.222779,
        "id": 2819,
    }
    page = {"count": 3, "next": None, "previous": None, "checkpoint": "1704901040.2,2819"}
    rows = [
        entry,
        entry | {"id": 2820, "algorithm": "PDQ", "hash_digest": PDQ, "deleted": True},
        entry | {"id": 2821, "algorithm": "SHA1"},
    ]
    listed = parse(file, json.dumps(page | {"results": rows}), "tat")
    assert listed == parse(file, json.dumps(rows), "tat")
    kept, gone, other = listed
    assert kept == Record(
        line=1,
        id="2819",
        hashes=(f"md5:{MD5}",),
        label="far-right",
        provenance="Tech Against Terrorism hash list, mp4",
        updated_at=datetime(2024, 1, 10, 15, 37, 20, 222779, tzinfo=UTC),
    )
    assert isinstance(gone, Record) and isinstance(other, Record)
    assert (gone.id, gone.hashes, gone.withdrawn) == ("2820", (f"pdq:{PDQ}",), True)
    assert (other.hashes, other.others) == ((), ("SHA1",))


def test_threat_descriptors(file: Path) -> None:
    descriptor = {
        "id": "3058061737574159",
        "raw_indicator": PDQ,
        "type": "HASH_PDQ",
        "owner": {"id": "616912251743987", "name": "Somebody"},
        "status": "MALICIOUS",
        "tags": {"data": [{"id": "1", "text": "b"}, {"id": "2", "text": "a"}]},
        "confidence": 90,
        "share_level": "WHITE",
        "expired_on": "2030-07-01T18:31:15+0000",
        "last_updated": "2020-07-01T18:31:15+0000",
        "indicator": {"id": "17", "indicator": PDQ},
    }
    rows = [
        descriptor,
        descriptor
        | {"id": 2, "type": "HASH_SHA256", "raw_indicator": SHA256, "status": "NON_MALICIOUS", "tags": None},
        descriptor | {"id": 3, "type": "URI", "raw_indicator": "https://example.org/", "tags": []},
        descriptor | {"id": 4, "expired_on": 0, "tags": ["x"], "share_level": "PINK"},
        descriptor | {"id": 5, "confidence": 101},
        descriptor | {"id": 6, "expired_on": "soon"},
        {"id": 7},
    ]
    text = "\n".join(['{"data": [', ",\n".join(map(json.dumps, rows)), '], "paging": {}}'])
    first, denied, other, *wrong = parse(file, text, "fb_threatexchange")
    assert first == Record(
        line=2,
        id="descriptor 3058061737574159",
        hashes=(f"pdq:{PDQ}",),
        label="a, b",
        provenance="ThreatExchange, owner 616912251743987",
        confidence=0.9,
        marking="TLP:CLEAR",
        expires_at=datetime(2030, 7, 1, 18, 31, 15, tzinfo=UTC),
        updated_at=datetime(2020, 7, 1, 18, 31, 15, tzinfo=UTC),
        opinions=(Opinion(source="616912251743987", verdict="agrees", tags=("b", "a")),),
    )
    assert isinstance(denied, Record) and isinstance(other, Record)
    assert (denied.hashes, denied.disputed, denied.withdrawn) == ((f"sha256:{SHA256}",), True, False)
    assert (other.hashes, other.others) == ((), ("URI",))
    assert [(one.line, one.reason) for one in wrong if isinstance(one, Unread)] == [
        (5, "share_level: 'PINK' is none of WHITE, GREEN, AMBER, RED"),
        (6, "confidence: is a number from 0 to 100"),
        (7, "expired_on: 'soon' is no time"),
        (8, "has no type, or neither raw_indicator nor indicator"),
    ]


def test_threat_updates(file: Path) -> None:
    said = {"owner": {"id": "1"}, "status": "MALICIOUS", "tags": {"data": []}, "confidence": 40}
    update = {
        "id": "9",
        "indicator": MD5,
        "type": "HASH_MD5",
        "last_updated": 1700000000,
        "should_delete": False,
    }
    both = [said, said | {"owner": {"id": "2"}, "status": "NON_MALICIOUS", "confidence": 95}]
    rows = [
        update | {"descriptors": {"data": both}},
        update | {"id": "10", "descriptors": {"data": both[1:]}},
        update | {"id": "11", "should_delete": True},
        update | {"id": "12", "descriptors": {"data": []}},
    ]
    found = parse(file, "\n".join(map(json.dumps, rows)), "fb_threatexchange")
    records = [one for one in found if isinstance(one, Record)]
    assert [(one.line, one.id, one.withdrawn, one.disputed, one.confidence) for one in records] == [
        (1, "indicator 9", False, False, 0.4),
        (2, "indicator 10", False, True, None),
        (3, "indicator 11", True, False, None),
        (4, "indicator 12", True, False, None),
    ]
    assert [one.verdict for one in records[0].opinions] == ["agrees", "disagrees"]


NCMEC = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">
  <images count="2" maxTimestamp="2023-10-24T15:10:00Z">
    <image>
      <member id="42">Example Member</member>
      <timestamp>2023-10-24T15:00:00Z</timestamp>
      <id>image1</id>
      <classification>A1</classification>
      <fingerprints>
        <md5>{MD5}</md5>
        <sha1>a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1</sha1>
        <pdq>{PDQ}</pdq>
      </fingerprints>
      <feedback lastUpdateTimestamp="2023-06-01T12:48:14Z">
        <affirmativeFeedback type="Md5">
          <members><member id="43">Another</member></members>
        </affirmativeFeedback>
        <negativeFeedback type="Sha1">
          <reasons>
            <reason guid="0" name="Example Reason" type="Sha1"/>
            <members><member id="44">Third</member></members>
          </reasons>
        </negativeFeedback>
      </feedback>
    </image>
    <deletedImage><member id="43">Another</member><id>image4</id></deletedImage>
  </images>
  <videos><video><id>v</id></video></videos>
  <paging><next>/v2/entries?from=2023&amp;to=2024</next></paging>
</queryResult>"""


def test_ncmec(file: Path) -> None:
    image, gone, wrong = parse(file, NCMEC, "ncmec")
    assert image == Record(
        line=4,
        id="42-image1",
        hashes=(f"md5:{MD5}", f"pdq:{PDQ}"),
        others=("sha1",),
        label="A1",
        provenance="NCMEC, member 42",
        updated_at=datetime(2023, 10, 24, 15, tzinfo=UTC),
        opinions=(
            Opinion(source="43", verdict="agrees", tags=("Md5",)),
            Opinion(source="44", verdict="disagrees", tags=("Sha1", "Example Reason")),
        ),
    )
    assert isinstance(gone, Record)
    assert (gone.id, gone.withdrawn, gone.hashes) == ("43-image4", True, ())
    assert wrong == Unread(28, "<video>: has no id, or no member with an id")


def test_a_plain_list(file: Path) -> None:
    text = f"pdq {PDQ}\n\nvideo_md5 {MD5}\r\nraw_text some words\n{SHA256}\nsha256 {SHA256}"
    found = parse(file, text, "local_file")
    assert [one.hashes if isinstance(one, Record) else one.line for one in found] == [
        (f"pdq:{PDQ}",),
        (f"md5:{MD5}",),
        (),
        5,
        (f"sha256:{SHA256}",),
    ]


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        (STOP_NCII, "stop_ncii"),
        ("\ufeff" + STOP_NCII, "stop_ncii"),
        ('{"count": 0, "hashRecords": []}', "stop_ncii"),
        ('{"count": 0, "results": [], "checkpoint": ""}', "tat"),
        ('[{"id": 1, "hash_digest": "a", "algorithm": "MD5"}]', "tat"),
        ('{"data": [], "paging": {}}', "fb_threatexchange"),
        ('{"id": "9", "should_delete": true}', "fb_threatexchange"),
        (NCMEC, "ncmec"),
        ("<ns:queryResult xmlns:ns='x'/>", "ncmec"),
        (f"\npdq {PDQ}\n", "local_file"),
        ('{"value": "pdq:..."}', None),
        ("value,label\n", None),
        ("<html>queryResult</html>", None),
        ("", None),
        ("\0\0\0", None),
    ],
)
def test_a_format_is_recognised_by_the_content(file: Path, text: str, format_: str | None) -> None:
    file.write_text(text)
    assert formats.recognise(file) == format_


words = st.text(string.ascii_lowercase + "اب ", min_size=1, max_size=12).map(str.strip).filter(bool)
digits = st.text("0123456789abcdef", min_size=64, max_size=64)
kept = st.builds(
    Record,
    line=st.just(1),
    id=words,
    hashes=st.lists(
        st.one_of(digits.map("pdq:{}".format), digits.map(lambda text: f"md5:{text[:32]}")),
        max_size=2,
        unique=True,
    ).map(tuple),
    label=words,
    confidence=st.integers(0, 100).map(lambda percent: percent / 100),
    marking=st.sampled_from(["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:RED"]),
    expires_at=st.none() | st.datetimes(datetime(2030, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),
)


@pytest.mark.parametrize("format_", list(WRITERS))
@given(records=st.lists(kept, max_size=5))
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, format_: Format, records: list[Record]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"written-{format_}"
    with path.open("w", encoding="utf-8") as file:
        count = WRITERS[format_](records, file)
    found = [one for one in formats.read(path, format_) if isinstance(one, Record)] if count else []
    given_hashes = [(word, record) for record in records for word in record.hashes]
    assert [hash_ for one in found for hash_ in one.hashes] == [word for word, _ in given_hashes]
    assert len(found) == count == len(given_hashes)
    for one, (_, record) in zip(found, given_hashes, strict=True):
        if format_ == "fb_threatexchange":
            assert (one.label, one.confidence, one.marking, one.expires_at) == (
                record.label,
                record.confidence,
                record.marking,
                record.expires_at,
            )
        if format_ == "stop_ncii":
            assert one.label == record.label


@pytest.mark.parametrize("format_", FORMATS)
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, format_: Format, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / f"bytes-{format_}"
    path.write_bytes(data)
    formats.recognise(path)
    try:
        for one in formats.read(path, format_):
            assert one.line >= 1
    except EntryFileError as error:
        assert str(path) in str(error)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    *(
        "hashRecords",
        "signalType",
        "hashValue",
        "hashStatus",
        "lastModtimestamp",
        "CSPFeedbacks",
        "feedbackValue",
    ),
    *("results", "hash_digest", "algorithm", "updated_on", "deleted", "id", "ideology"),
    *("data", "raw_indicator", "indicator", "type", "descriptors", "tags", "owner", "status", "expired_on"),
    *("confidence", "share_level", "should_delete"),
]
documents = st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8)


@pytest.mark.parametrize("format_", ["stop_ncii", "tat", "fb_threatexchange"])
@given(rows=st.lists(documents, max_size=4), indent=st.sampled_from([None, 1]))
@settings(max_examples=80, deadline=None)
def test_records_of_any_shape_are_taken_or_told_with_their_line(
    tmp_path_factory: pytest.TempPathFactory, format_: Format, rows: list[dict[str, Any]], indent: int | None
) -> None:
    path = tmp_path_factory.getbasetemp() / f"shapes-{format_}"
    found = parse(path, json.dumps(rows, indent=indent), format_)
    assert len(found) == len(rows)
    lines = [one.line for one in found]
    assert lines == sorted(lines)


@given(sizes=st.lists(st.integers(0, 40), max_size=20), chunk=st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_where_pieces_of_a_file_end_does_not_matter(sizes: list[int], chunk: int) -> None:
    rows = [
        {"hash_digest": "x" * size, "algorithm": "MD5", "id": size, "updated_on": 1.5 * size}
        for size in sizes
    ]
    whole = json.dumps({"count": 12345, "results": rows, "next": None}, indent=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_records, "CHUNK", chunk)
        found = list(tat.read(io.StringIO(whole)))
    assert found == list(tat.read(io.StringIO(whole)))
    assert [one.id for one in found if isinstance(one, Record)] == [str(size) for size in sizes]


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE queryResult [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    "<queryResult><images><image><id>&c;</id></image></images></queryResult>"
)
OUTSIDE = (
    '<!DOCTYPE queryResult [<!ENTITY x SYSTEM "file:///etc/passwd">]><queryResult><image><id>&x;</id></image>'
    "</queryResult>"
)


@pytest.mark.parametrize(
    ("text", "format_", "reason"),
    [
        (LAUGHS, "ncmec", "line 1: has a document type"),
        (OUTSIDE, "ncmec", "line 1: has a document type"),
        ('<!DOCTYPE q SYSTEM "http://127.0.0.1/q.dtd"><queryResult/>', "ncmec", "has a document type"),
        ("<queryResult><image><id>&undefined;</id></image></queryResult>", "ncmec", "line 1: not XML"),
        ("<queryResult>" + "<a>" * 30, "ncmec", "nested deeper than 20"),
        ("<queryResult><image>" + "<a/>" * 10_001, "ncmec", "more than 10,000 elements"),
        ("<queryResult><image><id>" + "x" * (2 << 20), "ncmec", "more than 1,048,576 characters"),
        ("<queryResult><image a='" + "x" * (4 << 20), "ncmec", "a tag is longer"),
        (NCMEC[:900], "ncmec", "cut off"),
        ("<status/>", "ncmec", "begins with <status>, not with <queryResult>"),
        ("{}", "ncmec", "line 1: not XML"),
        ("<?xml version='1.0' encoding='klingon'?><queryResult/>", "ncmec", "line 1: "),
        (STOP_NCII[:300], "stop_ncii", "cut off"),
        (STOP_NCII.encode("utf-16"), "stop_ncii", "UTF-16"),
        ('{"hashRecords": [{"hashValue": "é"}]}'.encode("latin-1"), "stop_ncii", "not UTF-8"),
        ("[" * 100_000, "tat", "nested too deeply"),
        ('[{"id": ' + "[" * 100_000, "tat", "nested too deeply"),
        ("[" + "9" * 5_000 + "]", "tat", "line 1: not JSON, or cut off"),
        ('[{"hash_digest": "' + "x" * (9 << 20) + '"}]', "tat", "longer than 4,194,304 characters"),
        ('[{"updated_on": NaN}]', "tat", "not JSON"),
        (
            "{" + ", ".join(f'"{place}": "{1000 * "x"}"' for place in range(5_000)),
            "tat",
            "an object longer than",
        ),
        ("hello", "tat", "line 1: not JSON: 'h'"),
        ('{"results": [1 2]}', "tat", "line 1: not JSON: '2' instead of"),
        ("{1: 2}", "tat", "not JSON"),
        ("pdq " + "a" * 100_000, "local_file", "line 1: longer than"),
        ("", "local_file", "is empty"),
        (b"\xff\xfep\x00", "local_file", "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_read_on_is_told(
    file: Path, text: str | bytes, format_: Format, reason: str
) -> None:
    with pytest.raises(EntryFileError, match="list: ") as told:
        parse(file, text, format_)
    assert reason in str(told.value)


def test_a_long_list_is_read_in_pieces(file: Path) -> None:
    row = json.dumps({"id": 1, "hash_digest": MD5, "algorithm": "MD5"})
    with file.open("w") as out:
        out.write('{"results": [' + (row + ",\n") * 40_000 + row + "]}")
    assert file.stat().st_size > 2 * json_records.CHUNK
    records: Iterator[Read] = formats.read(file, "tat")
    assert next(records).line == 1
    assert [one.line for one in records][-1] == 40_001


def test_a_long_document_is_read_in_pieces(file: Path) -> None:
    item = f"<image><member id='1'/><id>i</id><fingerprints><md5>{MD5}</md5></fingerprints></image>\n"
    file.write_text("<queryResult><images>\n" + item * 3_000 + "</images></queryResult>")
    assert file.stat().st_size > 2 * xml_records.CHUNK
    assert [one.line for one in formats.read(file, "ncmec")] == list(range(2, 3_002))
