"""URLs: found however they are written, brought to one spelling, looked up in banks."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenfold.detectors.base import Bank, BankEntry, TextItem
from tenfold.detectors.text.url_form import normal_domain, normal_url, registrable_domain
from tenfold.detectors.text.urls import MAX_SIGNALS, UrlDetector, find_urls
from tenfold.subjects import Subject, SubjectKind


def form(written: str) -> str | None:
    url = normal_url(written)
    return url.text if url else None


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("HTTPS://Example.ORG/A", "https://example.org/A"),
        ("https://example.org/", "https://example.org"),
        ("https://example.org/a/./b/../c/", "https://example.org/a/c"),
        ("https://example.org/../../a", "https://example.org/a"),
        ("http://example.org:80/a", "http://example.org/a"),
        ("https://example.org:443", "https://example.org"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org/a?utm_source=x&id=7&fbclid=abc#part", "https://example.org/a?id=7"),
        ("https://example.org/?UTM_Medium=x", "https://example.org"),
        ("https://example.org/%7euser/%e2%82%ac%2f", "https://example.org/~user/%E2%82%AC%2F"),
        ("https://example.org/الراية", "https://example.org/%D8%A7%D9%84%D8%B1%D8%A7%D9%8A%D8%A9"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://xn--bcher-kva.example/x", "https://xn--bcher-kva.example/x"),
        ("https://موقع.شبكة", "https://xn--4gbrim.xn--ngbc5azd"),
        ("https://ｅｘａｍｐｌｅ。ｏｒｇ/a", "https://example.org/a"),
        ("https://exa\u200bmple.o\u202erg", "https://example.org"),
        ("https://good.example@example.org/x", "https://example.org/x"),
        ("https:\\\\example.org\\a", "https://example.org/a"),
        ("hxxps://example[.]org/a", "https://example.org/a"),
        ("hXXp[:]//example(dot)org", "http://example.org"),
        ("//example.org/a", "https://example.org/a"),
        ("example.org.", "https://example.org"),
        ("http://192.0.2.7:8080/a", "http://192.0.2.7:8080/a"),
        ("http://[2001:DB8::1]/a", "http://[2001:db8::1]/a"),
    ],
)
def test_normal_form(written, normal):
    assert form(written) == normal


@pytest.mark.parametrize(
    "written",
    [
        "",
        "https://",
        "https://localhost",
        "http://999.1.1.1",
        "http://example.org:99999",
        "https://-a.org",
        "https://exa mple.org/",
        "http://[::zz]",
        "https://a..org",
        "mailto:someone",
        f"https://{'a' * 64}.org",
        "https://\ud800.org",
        "http://[",
        "http://example.org:٣",
    ],
)
def test_what_is_no_web_address(written):
    assert normal_url(written) is None


def test_scheme_and_www_make_no_difference_to_banks():
    for written in ("http://www.example.org/a/", "https://example.org/a", "example.org/a#b"):
        url = normal_url(written)
        assert url is not None
        assert url.key == "example.org/a"


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("https://a.b.example.co.uk/x", "example.co.uk"),
        ("https://co.uk", None),
        ("http://192.0.2.7/", None),
        ("https://x.موقع.شبكة", "xn--4gbrim.xn--ngbc5azd"),
    ],
)
def test_registrable_domain(written, domain):
    url = normal_url(written)
    assert url is not None
    assert url.domain == domain == registrable_domain(url.host)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Example.org", "example.org"),
        ("*.example.org", "example.org"),
        ("https://www.example.org/path", "example.org"),
        ("sub.example.org", "sub.example.org"),
        ("192.0.2.7", "192.0.2.7"),
        ("co.uk", None),
        ("com", None),
        ("not a domain", None),
    ],
)
def test_normal_form_of_a_domain(written, key):
    assert normal_domain(written) == key


def found(text: str) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.url.text) for one in find_urls(text)]


@pytest.mark.parametrize(
    ("text", "written", "normal"),
    [
        ("see https://example.org/a, now", "https://example.org/a", "https://example.org/a"),
        ("see https://example.org/a.", "https://example.org/a", "https://example.org/a"),
        ("(https://example.org/a)", "https://example.org/a", "https://example.org/a"),
        ("https://example.org/a_(b)", "https://example.org/a_(b)", "https://example.org/a_(b)"),
        ("«https://example.org»", "https://example.org", "https://example.org"),
        ("الرابط:https://example.org/a؟", "https://example.org/a", "https://example.org/a"),
        ("انظر https://example.org/a، ثم", "https://example.org/a", "https://example.org/a"),
        ("على example.org؛ وغيره", "example.org", "https://example.org"),
        ("visit example.org today", "example.org", "https://example.org"),
        ("visit www.example.it", "www.example.it", "https://www.example.it"),
        ("my t.me/ashenbanner channel", "t.me/ashenbanner", "https://t.me/ashenbanner"),
        ("site:example.org", "example.org", "https://example.org"),
        ("*example.org*", "example.org", "https://example.org"),
        ("موقع.شبكة هنا", "موقع.شبكة", "https://xn--4gbrim.xn--ngbc5azd"),
        ("go hxxp://example.org/a", "hxxp://example.org/a", "http://example.org/a"),
        ("go h**ps://example.org/a", "h**ps://example.org/a", "https://example.org/a"),
        ("go example[.]org now", "example[.]org", "https://example.org"),
        ("go example [.] org now", "example [.] org", "https://example.org"),
        ("go example(dot)org/a!", "example(dot)org/a", "https://example.org/a"),
        ("go www dot example dot org", "www dot example dot org", "https://www.example.org"),
        ("hxxps://example dot org", "hxxps://example dot org", "https://example.org"),
        ("example dot org/join us", "example dot org/join", "https://example.org/join"),
        ("example نقطة org/join", "example نقطة org/join", "https://example.org/join"),
        ("http://192.0.2.7/a", "http://192.0.2.7/a", "http://192.0.2.7/a"),
    ],
)
def test_urls_in_text(text, written, normal):
    assert found(text) == [(written, normal)]


@pytest.mark.parametrize(
    "text",
    [
        "It is done.It works",
        "wow...really",
        "read notes.md and run.py",
        "version 1.2.3 costs 3.14",
        "a.b.c",
        "write to someone@example.org",
        "the dot com bubble",
        "connect the dots",
        "polka dot dress",
        "e.g. this",
        "نقطة مهمة جدا",
        "الساعة 10.30",
        "end.",
        ".org",
        "...",
        "10.0.0.1",
        "http://",
        "https://localhost/x",
        "x [.] y",
        "U.S.A.",
        "done.Next one.Com",
        "[.][.][.]",
        " dot dot dot ",
    ],
)
def test_what_is_no_url(text):
    assert found(text) == []


def test_several_urls_keep_their_order():
    text = "example.org,www.example.com https://a.example/xhttps://b.example c[.]example.net d.example.org"
    assert [normal for _, normal in found(text)] == [
        "https://example.org",
        "https://www.example.com",
        "https://a.example/x",
        "https://b.example",
        "https://c.example.net",
        "https://d.example.org",
    ]


HOSTILE = [
    "http://" * 30_000,
    "a." * 50_000,
    "a dot " * 16_000,
    "[.]" * 33_000,
    "(" * 100_000,
    ".a" * 50_000,
    " " * 100_000 + "[.]",
    "https://" + "a" * 90_000,
    "x[.]" * 25_000,
    "/" * 100_000,
    "%" * 90_000 + ".org/",
    "example.org" + "(" * 90_000 + ")",
    "a" * 99_000 + ".org",
    "https://e.org/" + "../" * 30_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_end(text):
    """These take seconds to hours when time grows with the square of the length."""
    for one in find_urls(text):
        assert 0 <= one.start < one.end <= len(text)


PIECES = st.sampled_from(
    [
        "http://",
        "hxxps://",
        "example",
        "org",
        ".",
        "[.]",
        " dot ",
        "/",
        "@",
        "?a=b",
        "#",
        ":",
        "(",
        ")",
        "،",
        " ",
        "شبكة",
        "%41",
        "%",
        "..",
        "\u200b",
        "\ud800",
        "[::1]",
        "نقطة",
        "\n",
        "&utm_x=1",
        "www.",
        "8080",
    ]
)
SOUP = st.lists(PIECES, max_size=16).map("".join)


@given(SOUP | st.text(st.characters(codec=None), max_size=60))
def test_any_text_is_searched_and_spans_lie_in_it(text):
    last = 0
    for one in find_urls(text):
        assert last <= one.start < one.end <= len(text)
        last = one.end


@given(SOUP)
@example("www.www.www.example")
def test_the_normal_form_is_its_own_normal_form(text):
    url = normal_url(text)
    if url is not None:
        assert normal_url(url.text) == url
        again = normal_url(url.key)
        assert again is not None
        assert again.key == url.key
        assert url.text.isascii()


def bank(kind: str, *values: str, id: str = "links") -> Bank:
    entries = [BankEntry(key=value, value=value, label="channel") for value in values]
    return Bank(id=id, kind=kind, title=id, confidence=0.8, entries=entries)


def item(text: str) -> TextItem:
    return TextItem(Subject(SubjectKind.POST, "p"), {"text": text})


def test_bank_of_urls():
    detector = UrlDetector([bank("urls", "https://t.me/ashenbanner", "http://example.org/a/?utm_source=x")])
    text = "t.me/ashenbanner و hxxps://www.example[.]org/a#x ، t.me/ashenbanner/9"
    first, second = detector.detect([item(text)])[0]
    assert (first.name, first.score, first.key) == ("url", 0.8, "links:https://t.me/ashenbanner")
    assert [text[s.start : s.end] for s in (*first.spans, *second.spans)] == [
        "t.me/ashenbanner",
        "hxxps://www.example[.]org/a#x",
    ]
    assert second.details == {
        "bank": "links",
        "label": "channel",
        "entry": "http://example.org/a/?utm_source=x",
        "url": "https://www.example.org/a",
        "shortener": False,
        "count": 1,
    }
    assert set(second.details) == set(detector.kinds[0].details)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("https://banner.org/x", True),
        ("https://deep.sub.banner.org", True),
        ("www.banner.org/", True),
        ("https://notbanner.org", False),
        ("https://banner.org.example", False),
        ("https://example.org/banner.org", False),
    ],
)
def test_bank_of_domains(text, matches):
    detector = UrlDetector([bank("domains", "Banner.org", "not a domain")])
    assert [s.name for s in detector.detect([item(text)])[0]] == ["domain"] * matches


def test_the_longest_listed_host_of_a_bank_is_the_match():
    detector = UrlDetector(
        [bank("domains", "example.org", "a.example.org"), bank("domains", "example.org", id="b")]
    )
    signals = detector.detect([item("https://x.a.example.org")])[0]
    assert {(s.details["bank"], s.details["entry"]) for s in signals} == {
        ("links", "a.example.org"),
        ("b", "example.org"),
    }


def test_shorteners_are_marked():
    detector = UrlDetector([bank("domains", "bit.ly")])
    assert detector.detect([item("https://bit.ly/abc")])[0][0].details["shortener"] is True


def test_signals_are_bounded_and_empty_texts_find_nothing():
    detector = UrlDetector([bank("domains", *(f"d{i}.example" for i in range(100)))])
    text = " ".join(f"https://d{i}.example" for i in range(100))
    assert [len(s) for s in detector.detect([item(""), item(text), item("x")])] == [0, MAX_SIGNALS, 0]
    assert UrlDetector([]).detect([item(text)]) == [[]]
