"""URLs in texts, however they are written, and the banks of URLs and domains that they are in. No network."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from tenfold.detectors.base import Bank, BankEntry, TextItem
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.url_form import Url, is_known_suffix, normal_domain, normal_url
from tenfold.evidence import Signal, SignalKind, Span
from tenfold.subjects import Subject

URL = SignalKind(
    name="url",
    title="URL of a bank",
    score_means="the confidence of the bank entry; the link has its normal form",
    details={
        "bank": "str",
        "label": "str",
        "entry": "str",
        "url": "str",
        "shortener": "bool",
        "count": "int",
    },
)
DOMAIN = SignalKind(
    name="domain",
    title="Link to a domain of a bank",
    score_means="the confidence of the bank entry; the link leads to the domain or to a host under it",
    details={
        "bank": "str",
        "label": "str",
        "entry": "str",
        "url": "str",
        "shortener": "bool",
        "count": "int",
    },
)

MAX_SIGNALS = 50  # of one item
MAX_SPANS = 20  # of one signal

# Top-level domains that are words, or endings of file names: without scheme, "www." or a path, "done.It" and
# "notes.md" are no links.
_AMBIGUOUS_NAMES = """
    ad am ai as at be by do dj fm gg he hi id im in is it ing js la li ly ma md me mn mov ms mu my na no nu pa
    pe ph pl pm ps pw py rs sc sh si so st tf tg th to us vi ws zip bar best cool fun how now one you
"""
_AMBIGUOUS = frozenset(_AMBIGUOUS_NAMES.split())
_SCHEME = re.compile(r"(?:h(?:tt|xx|\*\*|__)ps?|ftp)(?::|\[:\]|\[:)[/\\]{2}", re.IGNORECASE)
_ENDS_URL = re.compile(r"[<>\"«»“”„‘’،؛؟、，|`^]")
_PIECE = re.compile(r"[^<>\"«»“”„‘’،؛؟、，|`^,;]+")  # where a URL without scheme may be
_RARE_SIGN = re.compile(r"://|。|．")  # this or a full stop is in every URL
_CLOSING = ".,;:!?…'*_~。"
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_OPENING = "([{'*_~-—–•=:,"
_WRITTEN_DOT = re.compile(
    r"\s{0,2}[\[({]\s?(?:\.|dot|نقطة|دوت)\s?[\])}]\s{0,2}|\s{1,2}(?:dot|نقطة|دوت)\s{1,2}", re.IGNORECASE
)
_HOST_BACKWARDS = re.compile(r"[\w.\-:/\\*]+")
_HOST_AFTER = re.compile(r"[\w\-]+(?:\.[\w\-]+)*")
_PATH_AFTER = re.compile(r"[/?:#]\S*")
_LONGEST_HOST = 300


class FoundUrl(msgspec.Struct, frozen=True):
    """A URL at [start, end) of a text."""

    start: int
    end: int
    url: Url


def find_urls(text: str) -> list[FoundUrl]:
    """The URLs of a text in order. Takes time in proportion to the length of any text."""
    found: list[FoundUrl] = []
    at = 0
    if _may_hold_written_dot(text.lower()):
        for one in _spelt_out(text):
            found.extend(_in_plain_text(text, at, one.start))
            found.append(one)
            at = one.end
    found.extend(_in_plain_text(text, at, len(text)))
    return found


def _in_plain_text(text: str, begin: int, end: int) -> Iterator[FoundUrl]:
    part = text[begin:end] if begin or end < len(text) else text
    rare = "://" in part or "。" in part or "．" in part
    if not rare and "." not in part:
        return
    at = 0
    for token in part.split():
        if ("." in token and "." in token.strip(".")) or (rare and _RARE_SIGN.search(token)):
            at = part.index(token, at)
            yield from _in_token(token, begin + at)
            at += len(token)


def _may_hold_written_dot(lower: str) -> bool:
    """Whether a search for spelt-out dots is worth its time; written out because it runs on every text."""
    return (
        "dot" in lower
        or "نقطة" in lower
        or "دوت" in lower
        or ("." in lower and ("[" in lower or "(" in lower or "{" in lower))
    )


def _in_token(token: str, offset: int) -> Iterator[FoundUrl]:
    """URLs in a piece of text without spaces that begins at `offset`."""
    begins = [match.start() for match in _SCHEME.finditer(token)]
    first = begins[0] if begins else len(token)
    for match in _PIECE.finditer(token, 0, first):
        yield from _trimmed(token, match.start(), match.end(), offset, with_scheme=False)
    for begin, end in pairwise([*begins, len(token)]):
        cut = _ENDS_URL.search(token, begin, end)
        yield from _trimmed(token, begin, cut.start() if cut else end, offset, with_scheme=True)


def _trimmed(token: str, begin: int, end: int, offset: int, *, with_scheme: bool) -> Iterator[FoundUrl]:
    """The URL at [begin, end) of the token without the punctuation around it, if it is one."""
    if not with_scheme:
        colon = token.rfind(":", begin, _host_end(token, begin, end))
        if colon >= 0 and not token[colon + 1 : colon + 2].isdigit():  # "link:example.org"
            begin = colon + 1
        while begin < end and token[begin] in _OPENING:
            begin += 1
    inner = token[begin:end]
    open_ = {bracket: inner.count(bracket) for pair in _BRACKETS.items() for bracket in pair}
    while begin < end:
        last = token[end - 1]
        if last in _BRACKETS and open_[last] > open_[_BRACKETS[last]]:
            open_[last] -= 1
        elif last not in _CLOSING:
            break
        end -= 1
    written = token[begin:end]
    url = normal_url(written)
    if url is not None and (with_scheme or _clearly_a_url(written, url)):
        yield FoundUrl(offset + begin, offset + end, url)


def _host_end(token: str, begin: int, end: int) -> int:
    """Where the path, query or fragment begins, or else `end`."""
    return min((at for sign in "/\\?#" if (at := token.find(sign, begin, end)) >= 0), default=end)


def _clearly_a_url(written: str, url: Url) -> bool:
    """Whether something without a scheme is meant as a link."""
    host_end = _host_end(written, 0, len(written))
    suffix = url.host.rpartition(".")[2]
    if "@" in written[:host_end] or suffix.isdigit() or not is_known_suffix(suffix):
        return False
    if host_end < len(written) - 1 or url.host.startswith("www."):
        return True
    labels = written[:host_end].split(".")
    return suffix not in _AMBIGUOUS and not (labels[-1][:1].isupper() and labels[-2].islower())


def _spelt_out(text: str) -> Iterator[FoundUrl]:
    """URLs whose dots are words or stand in brackets: "example [.] org", "hxxp://example dot org"."""
    at = 0
    for chain in _chains(list(_WRITTEN_DOT.finditer(text)), text):
        window = text[max(at, chain[0].start() - _LONGEST_HOST) : chain[0].start()]
        before = _HOST_BACKWARDS.match(window[::-1])
        begin = chain[0].start() - (before.end() if before else 0)
        hosts = [text[dot.end() : following.start()] for dot, following in pairwise(chain)]
        last = _HOST_AFTER.match(text, chain[-1].end(), chain[-1].end() + _LONGEST_HOST)
        if last is None or begin == chain[0].start():
            continue
        path = _PATH_AFTER.match(text, last.end())
        end = path.end() if path else last.end()
        written = ".".join([text[begin : chain[0].start()], *hosts, text[chain[-1].end() : end]])
        with_scheme = _SCHEME.match(written) is not None
        clear = with_scheme or path or written.lower().startswith("www.")
        if clear or any(dot[0].strip()[0] in "[({" for dot in chain):
            for one in _trimmed(written, 0, len(written), 0, with_scheme=with_scheme):
                at = end - (len(written) - one.end)
                yield FoundUrl(begin + one.start, at, one.url)


def _chains(dots: list[re.Match[str]], text: str) -> Iterator[list[re.Match[str]]]:
    """Written dots with nothing but a part of a host name between each and the next."""
    chain: list[re.Match[str]] = []
    for dot in dots:
        if chain:
            after = _HOST_AFTER.match(text, chain[-1].end(), dot.start())
            if after is None or after.end() != dot.start():
                yield chain
                chain = []
        chain.append(dot)
    if chain:
        yield chain


class UrlDetector:
    """Finds links to what banks of kind `urls` and `domains` list; other banks are passed over.

    A URL matches an entry with the same normal form whatever its scheme and "www."; a domain matches itself
    and every host under it. Entries that are no URL or domain are never found.
    """

    name = "urls"
    version = "1"
    kinds = (URL, DOMAIN)

    def __init__(self, banks: Sequence[Bank]) -> None:
        self._urls: _Table = {}
        self._domains: _Table = {}
        for bank in banks:
            for entry in bank.entries:
                if bank.kind == "urls" and (url := normal_url(entry.value)) is not None:
                    self._urls.setdefault(url.key, {}).setdefault(bank.id, (bank, entry))
                if bank.kind == "domains" and (domain := normal_domain(entry.value)) is not None:
                    self._domains.setdefault(domain, {}).setdefault(bank.id, (bank, entry))

    def detect(self, items: Sequence[TextItem]) -> list[list[Signal]]:
        """Signals for each item, in the order of the items."""
        batch = PreparedBatch(items)
        return self.detect_found(batch, [find_urls(text) for text in batch.texts])

    def detect_found(self, batch: PreparedBatch, found: Sequence[Sequence[FoundUrl]]) -> list[list[Signal]]:
        """Signals for each item of the batch, given the URLs of each of its texts."""
        signals: list[list[Signal]] = [[] for _ in batch.items]
        hits: dict[int, list[_Hit]] = {}
        for text, urls in enumerate(found):
            for one in urls:
                for kind, bank, entry in self._look_up(one.url):
                    hit = _Hit(kind, bank, entry, Span(batch.fields[text], one.start, one.end), one.url)
                    hits.setdefault(batch.owners[text], []).append(hit)
        for number, of_item in hits.items():
            signals[number] = _signals(batch.items[number].subject, of_item)
        return signals

    def _look_up(self, url: Url) -> Iterator[tuple[SignalKind, Bank, BankEntry]]:
        for bank, entry in self._urls.get(url.key, {}).values():
            yield URL, bank, entry
        seen: set[str] = set()
        host = url.host
        while host and self._domains:
            for bank, entry in self._domains.get(host, {}).values():
                if bank.id not in seen:  # the longest listed host of a bank
                    seen.add(bank.id)
                    yield DOMAIN, bank, entry
            host = host.partition(".")[2]


_Table = dict[str, dict[str, tuple[Bank, BankEntry]]]


class _Hit(msgspec.Struct, frozen=True):
    kind: SignalKind
    bank: Bank
    entry: BankEntry
    span: Span
    url: Url


def _signals(subject: Subject, hits: list[_Hit]) -> list[Signal]:
    """One signal for each kind and entry, with all the places where it was."""
    places: dict[tuple[str, str], list[_Hit]] = {}
    for hit in hits:
        places.setdefault((hit.kind.name, f"{hit.bank.id}:{hit.entry.key}"), []).append(hit)
    signals = []
    for (name, key), found in places.items():
        bank, entry, url = found[0].bank, found[0].entry, found[0].url
        signal = Signal(
            subject=subject,
            name=name,
            score=bank.confidence if entry.confidence is None else entry.confidence,
            detector=UrlDetector.name,
            version=UrlDetector.version,
            key=key,
            spans=tuple(hit.span for hit in found[:MAX_SPANS]),
            details={
                "bank": bank.id,
                "label": entry.label,
                "entry": entry.value,
                "url": url.text,
                "shortener": url.shortener,
                "count": len(found),
            },
        )
        signals.append(signal)
    signals.sort(key=lambda signal: -signal.score)
    return signals[:MAX_SIGNALS]
