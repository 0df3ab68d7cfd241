"""Posts that say which account is somebody's new, other or old one, in Arabic, English and Arabizi.

Where many wait for somebody to come back, it is told: "follow our brother's backup @x", "عدت بحساب جديد @x".
Patterns (announcement_patterns) are matched against the normal form; a text that denies, warns, reports what
others said, asks or jokes announces nothing, and nor does what stands in quotation marks.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from tenfold.detectors.text.normalise import normalise
from tenfold.linkage import announcement_patterns as patterns
from tenfold.linkage.announcement_patterns import HANDLE, QUESTION, SENTENCE
from tenfold.linkage.handles import HANDLE as WRITTEN
from tenfold.linkage.handles import named_in

_READ = 2_000  # characters; announcements are short
_MOST_HANDLES = 26
_REPOSTED = re.compile(r"\s*RT @[\w.-]+:?")
_QUOTED = re.compile(r"“[^”]*”|«[^»]*»|\"[^\"\n]*\"")
_END = re.compile(r"([.!…\n]+(?=\s|$))|([?؟]+)")


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], ...], ...]:
    return tuple(map(patterns.compiled, (patterns.OWN, patterns.OTHERS, patterns.DENIES)))


def named(text: str, mentions: Sequence[str]) -> tuple[str, ...]:
    """Accounts that the text announces as somebody's new, other or old one, the author's own among them.

    `mentions` are the ids of the accounts that the text mentions, in their order if there are several; the
    answer is some of them. Without them it is handles as written in the text, without "@".
    """
    return _announced(text, mentions, others=True)


def own(text: str, mentions: Sequence[str]) -> tuple[str, ...]:
    """Those of `named` that the author calls accounts of his own. A repost ("RT @name") has none."""
    return () if _REPOSTED.match(text) else _announced(text, mentions, others=False)


def _announced(text: str, mentions: Sequence[str], others: bool) -> tuple[str, ...]:
    if "@" not in text:
        return ()
    text = _QUOTED.sub(" ", _REPOSTED.sub("", text[:_READ], count=1))
    handles = list(dict.fromkeys(named_in(text)))[:_MOST_HANDLES]
    if not handles:
        return ()
    folded = _folded(text, handles)
    own_patterns, other_patterns, denials = _compiled()
    if any(denial.search(folded) for denial in denials):
        return ()
    found = {letter for one in own_patterns for letter in _found(one, folded)}
    if others:
        found.update(letter for one in other_patterns for letter in _found(one, folded))
    places = sorted(ord(letter) - ord("a") for letter in found)
    kept = [handles[place] for place in places if handles[place] not in patterns.NOT_PEOPLE]
    return tuple(_ids(kept, handles, mentions))


def _folded(text: str, handles: Sequence[str]) -> str:
    """The normal form with a word for each handle and for each end of a sentence."""
    marked = WRITTEN.sub(lambda found: f" {_word(handles, found[1])} ", text)
    marked = _END.sub(lambda found: f" {SENTENCE if found[1] else QUESTION} ", marked)
    return normalise(marked).text + " "


def _word(handles: Sequence[str], handle: str) -> str:
    place = handles.index(handle.lower()) if handle.lower() in handles else len(handles)
    return HANDLE + chr(ord("a") + place) if place < _MOST_HANDLES else ""


def _found(pattern: re.Pattern[str], folded: str) -> Iterator[str]:
    """Letters of handles that a pattern finds, unless their sentence is a question."""
    for match in pattern.finditer(folded):
        rest = folded[match.end() :].split(f" {SENTENCE} ", 1)[0]
        if QUESTION not in rest:
            yield from filter(None, match.groups()[:1])


def _ids(kept: Sequence[str], handles: Sequence[str], mentions: Sequence[str]) -> Iterator[str]:
    """The mentioned accounts that go by these handles; without mentions the handles themselves."""
    by_name = {mention.lower().removeprefix("@"): mention for mention in mentions}
    in_order = dict(zip(handles, dict.fromkeys(mentions), strict=False))
    for handle in kept:
        if not mentions:
            yield handle
        elif handle in by_name:
            yield by_name[handle]
        elif len(set(mentions)) == len(handles) and not set(handles) & set(by_name):
            yield in_order[handle]
