"""What takes an act out of its author's own mouth: quotation, attribution, news, condemnation, play."""

from tenfold.detectors.threat.entries import ENGLISH
from tenfold.detectors.threat.marked import Mark, Marked
from tenfold.detectors.threat.stance import CALL, OWN, Stance
from tenfold.detectors.threat.targets import ADDRESSED, GROUP, MENTION, STAFF, Target

_TO_SAID = 25  # words between "he says that" and what he says
_FEWEST_OUTSIDE = 3  # words outside quotation marks without which the quoted text is the author's own
_OF_GENRE = {
    "game": "game",
    "sport": "sport",
    "film": "fiction",
    "history": "history",
    "laugh": "idiom",
    "cooking": "cooking",
    "prayer": "prayer",
}
_SHORTEST_CLAUSE = 2  # words of a relative clause that ends before a verb
_EVER = frozenset({"still", "ever", "even", "always", "never", "not", "really"})
_COPULA = frozenset(
    ["is", "are", "was", "were", "s", "isn", "aren", "be", "so", "how", "such", "this", "that"]
)


def scope_gates(text: Marked, first: int, last: int) -> set[str]:
    """Gates that come from where words [first, last) stand: in quotation marks, under a verb of saying."""
    gates = set()
    outside = sum(not quoted for quoted in text.quoted)
    attributed = _attribution(text, first, last)
    if text.quoted[first] and (outside >= _FEWEST_OUTSIDE or attributed):
        gates.add("quoted")
    if attributed:
        gates.add("reported")
        start, end = text.sentence(first)
        if text.has("victim", max(0, start - 25), min(len(text.words), end + 12)):
            gates.add("victim_report")
        elif text.has("news", start, end):
            gates.add("news")
    if gates and text.role("condemned"):
        gates.add("counter_speech" if "quoted" in gates else "condemnation")
    return gates


def act_gates(text: Marked, found: Stance, aim: Target | None) -> set[str]:
    """Gates of an act beyond those of its place: condemned, asked about, mere play."""
    act = found.act
    gates = scope_gates(text, act.first, act.last)
    if _condemned(text, found):
        gates.add("condemnation")
    if _asked(text, found, aim):
        gates.add("question")
    foretold = found.passive and found.says == OWN and (aim is None or aim.kind != ADDRESSED)
    if _headline(text, act) or (foretold and text.role("news")):
        gates.add("news")
    kind = aim.kind if aim and aim.certain else ""
    return gates | genres(text, act.first, kind)


def genres(text: Marked, at: int, kind: str) -> set[str]:
    """Sport, games, films and the like that the text is about, near word `at`; `kind` of the certain
    target."""
    first, last = max(0, at - 30), at + 30
    found = set()
    for role, gate in _OF_GENRE.items():
        if gate in ("cooking", "history", "prayer") and kind == ADDRESSED:
            continue
        if gate == "idiom" and kind in (GROUP, STAFF, MENTION) and text.language == ENGLISH:
            continue  # laughter does not turn a call against people into a figure of speech
        if any(first <= mark.first < last and not _governs(text, mark) for mark in text.role(role)):
            found.add(gate)
    return found


def _governs(text: Marked, mark: Mark) -> bool:
    """Whether a word is a part of what governs or judges an act: "self defence", "my goal is to"."""
    return text.language == ENGLISH and any(
        other.first <= mark.first and mark.last <= other.last and other.last - other.first > 1
        for role in ("future", "want", "must", "approved", "obliged")
        for other in text.role(role)
    )


def _attribution(text: Marked, first: int, last: int) -> bool:
    """Whether somebody else is told to have said it: before it in the sentence, or after it ("…, police
    said")."""
    start, end = text.sentence(first)
    # What is quoted after a full stop or a colon belongs to the verb of saying before its mark.
    if text.quoted[first]:
        while start and (text.quoted[start - 1] or text.quoted[start]):
            start -= 1
        start = min(start, text.sentence(start)[0])
    for mark in text.role("said"):
        if start <= mark.first and mark.last <= first and first - mark.last <= _TO_SAID:
            conditional = text.has("if", max(start, mark.first - 2), mark.first)  # "if you publish …"
            if not conditional and not _self_said(text, mark) and not _governs(text, mark):
                return True
        elif last <= mark.first < end and _said_after(text, mark):
            return True
    relative = text.last_before("relative", max(start, first - 4), first)
    if relative is None or any(last <= mark.first < end for mark in text.role("rewarded")):
        return False
    if (
        text.language == ENGLISH
    ):  # "anyone who wants to kill": who does the act; "who supports them should be shot": not
        governors = [
            m for role in ("must", "wish") for m in text.role(role) if relative.last <= m.first < first
        ]
        finite = text.has("future", first, first + 1) or text.has("must", first, first + 1)
        if finite and first - relative.last >= _SHORTEST_CLAUSE:
            return False  # "those who tore it will answer for every word"
        between = text.words[relative.last : governors[0].first] if governors else []
        return all(word.endswith("ly") or word in _EVER for word in between)
    return any(relative.first <= mark.first < first for mark in text.role("said"))


def _self_said(text: Marked, mark: Mark) -> bool:
    """ "I say", "I think", "I swear": the author's own words. "I heard" is not."""
    for own in text.role("tell_self"):
        if own.first <= mark.first < own.last:
            return True
    before = text.words[mark.first - 1] if mark.first else ""
    return (
        text.language == ENGLISH
        and before in ("i", "we")
        and text.words[mark.first] not in ("hear", "heard", "quote")
    )


def _said_after(text: Marked, mark: Mark) -> bool:
    """ "…, police said", "… according to officials"."""
    if text.words[mark.first] in ("according", "reportedly", "allegedly", "بحسب", "وفق", "وفقا", "نقلا"):
        return True
    return (
        mark.first > 0
        and any(text.has(role, mark.first - 1, mark.first) for role in ("news", "third", "person"))
        and text.gaps[max(0, mark.first - 1)].strip() != ""
    )


def _condemned(text: Marked, found: Stance) -> bool:
    """ "Killing them is wrong", "who says … is a criminal": the act, or who does it, is judged."""
    act = found.act
    _, end = text.sentence(act.first)
    for mark in text.role("condemned"):
        if act.last <= mark.first < min(end, act.last + 20):
            between = text.words[act.last : mark.first]
            denied = any(text.covered("not", i) for i in range(act.last, mark.first))
            if text.language == ENGLISH and found.says != OWN and not _COPULA.isdisjoint(between[-5:]):
                return not denied
        if text.language != ENGLISH and found.says in (CALL, OWN):
            start, _ = text.sentence(act.first)
            if start <= mark.first < act.first and act.entry.object != "you":
                return True
    return False


def _asked(text: Marked, found: Stance, aim: Target | None) -> bool:
    _, end = text.sentence(found.act.first)
    if "?" not in text.gaps[end] and "؟" not in text.gaps[end]:
        return False
    start, _ = text.sentence(found.act.first)
    if found.governor and text.words[found.governor.first] == "why":  # "why don't we …" proposes
        return False
    asks = text.has("question", start, found.act.first) or found.act.first - start <= 3
    return asks and not (found.says == OWN and aim is not None and aim.kind == ADDRESSED)


def _headline(text: Marked, act: Mark) -> bool:
    """ "Minister: we will strike …": a speaker of the news before a colon."""
    start, _ = text.sentence(act.first)
    for mark in text.role("news"):
        if start <= mark.first < act.first and any(
            ":" in text.gaps[i] for i in range(mark.last, act.first + 1)
        ):
            return True
    return False
