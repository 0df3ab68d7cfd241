"""What is said: for each kind of post and language a grammar, and for each role what it talks about."""

from functools import cache
from importlib import resources
from random import Random

import yaml

from tenfold.simulation import editing, hands, spellings
from tenfold.simulation.grammar import Grammar, lexicon
from tenfold.simulation.population import (
    AR,
    ARABIZI,
    COMMUNITIES,
    COUNTER_SPEAKER,
    EN,
    FRAMER,
    HELPER,
    JOURNALIST,
    LANGUAGES,
    MEMBER,
    NETWORK_COMMUNITY,
    NEWS,
    PARODY,
    POLITICS,
    PROPAGANDIST,
    RECRUITER,
    RESEARCHER,
)

HONEST_KINDS = (*COMMUNITIES, "replies")
ORGANISATION_KINDS = ("reporting", "counterspeech", "research", "parody")  # honest, but they name it
ANNOUNCEMENT_KINDS = ("welcome", "brag", "moving")
NETWORK_KINDS = ("propaganda", "praise", "recruitment", "fundraising", "threat")
REMARK_SHARE = 0.5  # of posts speak of people whom few know
STATEMENT_SHARE = 0.3  # of propaganda posts carry a statement, whole or cut
KNOWN_SHARE = 0.5  # of these statements are ones that the shipped bank holds
EDITED_SHARE = 0.4  # of the network's own posts are altered to slip past filters
TAGGED_SHARE, TAGGED_SHARE_NETWORK = 0.18, 0.35  # of posts carry hashtags, one to three
CHAT_OR_NOTHING = 0.9  # a hiding account's share of ordinary posts

Mix = tuple[tuple[str, float], ...]

SPECIAL_MIXES: dict[int, Mix] = {
    JOURNALIST: (("news", 0.55), ("reporting", 0.25), ("politics", 0.20)),
    COUNTER_SPEAKER: (("counterspeech", 0.35), ("everyday", 0.30), ("politics", 0.20), ("faith", 0.15)),
    RESEARCHER: (("research", 0.45), ("news", 0.35), ("everyday", 0.20)),
    PARODY: (("parody", 0.55), ("everyday", 0.25), ("politics", 0.20)),
    FRAMER: (("everyday", 0.50), ("politics", 0.25), ("news", 0.25)),
    PROPAGANDIST: (
        ("propaganda", 0.42),
        ("praise", 0.13),
        ("threat", 0.05),
        ("recruitment", 0.06),
        ("fundraising", 0.03),
        ("everyday", 0.17),
        ("faith", 0.08),
        ("politics", 0.06),
    ),
    RECRUITER: (
        ("recruitment", 0.32),
        ("praise", 0.10),
        ("propaganda", 0.06),
        ("everyday", 0.28),
        ("football", 0.14),
        ("faith", 0.10),
    ),
    HELPER: (
        ("fundraising", 0.15),
        ("praise", 0.17),
        ("propaganda", 0.08),
        ("charity", 0.12),
        ("everyday", 0.33),
        ("news", 0.15),
    ),
}


class Mixture:
    """Kinds with their shares; draws one."""

    def __init__(self, mix: Mix) -> None:
        self._kinds = [kind for kind, _ in mix]
        total = 0.0
        self._limits = [total := total + share for _, share in mix]
        self._limits[-1] = 1.0

    def draw(self, uniform: float) -> str:
        """The kind that a number in [0, 1) stands for."""
        for limit, kind in zip(self._limits, self._kinds, strict=True):
            if uniform < limit:
                return kind
        return self._kinds[-1]


def mixture(role: int, community: int, hiding: bool) -> Mixture:
    """What an account of this role and community posts."""
    if hiding:
        topics = ("everyday", "football", "news", "faith")
        ordinary = tuple((topic, CHAT_OR_NOTHING / len(topics)) for topic in topics)
        own = SPECIAL_MIXES[role][0][0]
        return Mixture((*ordinary, (own, 1 - CHAT_OR_NOTHING)))
    if role != MEMBER:
        return Mixture(SPECIAL_MIXES[role])
    home = COMMUNITIES[community % NETWORK_COMMUNITY]
    if community in (NEWS, POLITICS):  # people who follow the news also talk about the organisation
        return Mixture(
            (
                (home, 0.645),
                ("everyday", 0.25),
                ("faith", 0.08),
                ("reporting", 0.015),
                ("counterspeech", 0.01),
            )
        )
    return Mixture(((home, 0.62), ("everyday", 0.26), ("news", 0.07), ("faith", 0.05)))


class Voice:
    """Says things of every kind in every language."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._grammars = {
            (kind, language): grammar(kind, language)
            for kind in (*HONEST_KINDS, *ORGANISATION_KINDS, *NETWORK_KINDS)
            for language in LANGUAGES[:3]
        }
        told = lexicon("announcements")
        self._announcements = {
            (kind, index): Grammar(told[tongue][kind], told[tongue]["slots"], f"announcements.{tongue}")
            for kind in ANNOUNCEMENT_KINDS
            for index, tongue in enumerate(LANGUAGES[:3])
        }
        self._tags_of = lexicon("tags")
        self._statements = {language: statements(language) for language in LANGUAGES[:3]}

    def say(self, kind: str, language: int, of_network: bool, hand: int) -> tuple[str, str]:
        """The text of one post, in the hand with this number, and its language."""
        random, draw = self._random, self._random.random
        if language > ARABIZI:  # somebody of two languages
            language = (AR, EN, EN, ARABIZI)[int(draw() * 4)]
        tongue, writer = LANGUAGES[language], hands.hand(hand)
        pasted = kind == "propaganda" and draw() < STATEMENT_SHARE
        if pasted:
            text = self._statement(tongue)
        else:
            speak = self._grammars[kind, tongue]
            text = _sentence(speak.say(draw), draw())
            if draw() < writer.sentences:
                stop = "" if text[-1] in ".!?؟" or "://" in text[-40:] else "."
                text = f"{text}{stop} {_sentence(speak.say(draw), draw())}"
        if not pasted and draw() < REMARK_SHARE:
            text = f"{text} {self._remark(language)}"
        if draw() < (TAGGED_SHARE_NETWORK if kind in NETWORK_KINDS else TAGGED_SHARE):
            text = f"{text} {self._tags(kind, tongue)}"
        if of_network and kind in NETWORK_KINDS:
            if draw() < EDITED_SHARE:
                text = editing.edited(text, random)
            if draw() < 0.4:
                text = editing.with_emoji(text, editing.GRIM, random)
        return text if pasted else hands.written(text, writer, language, random), tongue

    def announce(self, kind: str, language: int, handle: str, hand: int) -> tuple[str, str]:
        """A post about a new account, `kind` welcome, brag or moving (lexicons/announcements.yaml)."""
        random = self._random
        if language > ARABIZI:
            language = (AR, EN, EN, ARABIZI)[int(random.random() * 4)]
        text = self._announcements[kind, language].say(random.random)
        text = hands.written(text, hands.hand(hand), language, random)
        return text.replace("@@", f"@{handle}"), LANGUAGES[language]

    def _remark(self, language: int) -> str:
        draw, script = self._random.random, min(language, ARABIZI)
        said = lexicon("remarks")[LANGUAGES[script]]
        if language == EN:
            first, second = (spellings.latin_names(kind) for kind in ("first", "family"))
            a, b = first[int(draw() * len(first))], second[int(draw() * len(second))]
        else:
            place = 0 if language == AR else 2
            rows = spellings.arabic_names("first"), spellings.arabic_names("family")
            a, b = (row[int(draw() * len(row))][place] for row in rows)
        return str(said[int(draw() * len(said))]).format(a=a, b=b)

    def _tags(self, kind: str, tongue: str) -> str:
        draw, tags = self._random.random, self._tags_of[tongue][kind]
        return " ".join(f"#{tags[int(draw() * len(tags))]}" for _ in range(1 + int(3 * draw() ** 2)))

    def _statement(self, tongue: str) -> str:
        draw = self._random.random
        known, own = self._statements[tongue]
        chosen = known if known and draw() < KNOWN_SHARE else own
        text = chosen[int(draw() * len(chosen))]
        return editing.excerpt(text, self._random) if draw() < 0.35 else text


def _sentence(text: str, uniform: float) -> str:
    """Three in four begin with a capital where the script has them."""
    return text[0].upper() + text[1:] if uniform < 0.75 else text


def grammar(kind: str, language: str) -> Grammar:
    """The grammar of `lexicons/KIND.yaml` in a language, with the slots that all kinds share."""
    file, shared = lexicon(kind), lexicon("common")
    slots = shared["slots"] | shared[language]["slots"] | file[language].get("slots", {})
    if "{statement}" in "".join(file[language]["say"]):
        known, own = statements(language)
        slots = slots | {"statement": [*known, *own]}
    return Grammar(file[language]["say"], slots, f"{kind}.{language}")


@cache
def statements(language: str) -> tuple[list[str], list[str]]:
    """The organisation's statements: those that the shipped bank of known statements holds, and others."""
    own = [str(text).strip() for text in lexicon("statements")[language]]
    pack = resources.files("tenfold.policy") / "packs/starter/banks/ashen-banner-statements.yaml"
    entries = yaml.safe_load(pack.read_bytes())["entries"]["statement"]
    in_arabic = language == "ar"
    if language == "ar-Latn":
        return [], own
    known = [text for text in map(str.strip, entries) if editing.is_arabic(text[0]) == in_arabic]
    return known, own
