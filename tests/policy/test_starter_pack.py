"""The starter pack with its own banks and detectors: what it finds, and whom it leaves alone."""

from datetime import UTC, datetime

import pytest

from tenfold.detectors import shipped
from tenfold.detectors.base import TextItem
from tenfold.detectors.text.suite import TextSuite
from tenfold.policy import Facts, PolicySet, aggregate, load
from tenfold.policy.kinds import KINDS
from tenfold.policy.policyset import STARTER_PACK
from tenfold.store.counters import Hit
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import Ground

COUNTERS = {
    "statements_30d": 2,
    "slogans_30d": 1,
    "imagery_30d": 0,
    "marks_30d": 0,
    "known_links_30d": 0,
}


@pytest.fixture(scope="module")
def starter() -> PolicySet:
    return load([STARTER_PACK], KINDS)


@pytest.fixture(scope="module")
def suite() -> TextSuite:
    return TextSuite(shipped.banks())


def fired(starter: PolicySet, suite: TextSuite, texts: list[str]) -> list[set[str]]:
    items = [TextItem(Subject(SubjectKind.POST, str(n)), {"text": text}) for n, text in enumerate(texts)]
    found = suite.detect(items)
    return [
        {
            firing.rule
            for firing in starter.judge(
                Facts(
                    event_type="post.created",
                    time=datetime(2026, 3, 1, tzinfo=UTC),
                    subject=item.subject,
                    account={"id": "a-1", "verified": False, "strikes": 0},
                    post={"text": item.fields["text"], "is_repost": False},
                    signals=aggregate(result.signals),
                    links={"count": 0},
                    counters=COUNTERS,
                )
            )
        }
        for item, result in zip(items, found, strict=True)
    ]


def test_examples_beside_the_rules_pass(starter: PolicySet) -> None:
    failed = [
        (rule.name, one.name)
        for rule in starter.rules
        for one in rule.examples
        if not starter.passes(rule, one)
    ]
    assert failed == []


def test_every_rule_is_tested_both_ways_and_in_both_languages(starter: PolicySet) -> None:
    for rule in starter.rules:
        assert {one.fires for one in rule.examples} == {True, False}, rule.name
        names = "".join(one.name for one in rule.examples)
        assert any("a" <= c <= "z" for c in names), rule.name
        assert any("ء" <= c <= "ي" for c in names), rule.name


def test_nothing_acts_without_a_person(starter: PolicySet) -> None:
    for rule in starter.rules:
        assert rule.effects.act == ()
        assert not rule.effects.hold or rule.name in ("known-page-linked", "known-media", "page-in-picture")
        assert rule.effects.queue


def test_bank_fields_that_rules_name_exist(starter: PolicySet) -> None:
    labels = {entry.label for bank in shipped.banks() for entry in bank.entries}
    for label in ("name", "slogan", "sign", "imagery", "statement", "recruitment", "fundraising"):
        assert label in labels


def test_material_of_the_organisation_is_found(starter: PolicySet, suite: TextSuite) -> None:
    statements = {
        text.key: text.value
        for bank in shipped.banks()
        if bank.id == "ashen-banner-statements"
        for text in bank.entries
    }
    whole = list(statements.values())
    found = fired(starter, suite, whole)
    assert sum("statement-reposted" in one for one in found) >= 0.9 * len(whole)
    found = fired(
        starter,
        suite,
        [
            "read before it is gone https://files.example/ashen-banner/statement-1",
            "المرآة الجديدة https://sawt-alramad.test/5901",
            "انضموا إلى الراية الرمادية، صفوفنا مفتوحة لكم، راسل مسؤول التجنيد على الخاص",
            f"In its statement the Ashen Banner says: “{whole[0]}” Our analysis follows.",
            f"وجاء في بيان ما يسمى الراية الرمادية: «{whole[-1]}»",
        ],
    )
    assert found[0] == {"known-page-linked"}
    assert found[1] == {"banked-domain-linked"}
    assert found[2] == {"recruitment"}
    assert found[3] == found[4] == {"statement-quoted"}
    exception = starter.rule("statement-quoted")
    assert exception.ground is Ground.EXCEPTION


# What accounts write, post after post, counted as the pipeline counts it.
BELONGING = {
    "slogans and images": ["one ash one banner", "who keeps the oath of the hearth keeps us"],
    "شعار وصورة": ["لا فجر قبل الرماد", "من أدى قسم الموقد لا يندم"],
    "slogans, again and again": [
        "no dawn before the ash",
        "the ash remembers",
        "grey over every gate",
        "one ash one banner",
    ],
    "رابط ثم دعوة": [
        "المرآة الجديدة https://sawt-alramad.test/5901",
        "راسلني على الخاص إن أردت السفر إلى الإخوة",
    ],
    "name and image at once": ["Voice of the Ash: tonight the palace of glass is dark"],
}
LEFT_ALONE = {
    "a journalist": [
        'The graffiti says "one ash one banner". Police have arrested two.',
        'In the leaflet: "keep the oath of the hearth"',
        "The Ashen Banner, according to the court, met at the old mill",
        'Again the Ashen Banner writes "no dawn before the ash"',
    ],
    "صحفية": [
        "كتبوا على الجدار: «لا فجر قبل الرماد»",
        "الراية الرمادية تحدثت عن «قسم الموقد» بحسب المحكمة",
        "اعتقال اثنين من الراية الرمادية في الطاحونة القديمة",
        "بيان جديد لمجلس الرماد عن الراية الرمادية",
    ],
    "a counter-speaker": [
        "The Ashen Banner sends boys to die for a ribbon",
        "One ash one banner? One grave, one mother",
        "Do not answer the Ashen Banner when it says join us",
        "The grey council lives well while your sons freeze",
    ],
    "ضد التنظيم": [
        "ليست الراية الرمادية منا ولسنا منها",
        "«الرماد لا ينسى»؟ الأمهات لا ينسين",
        "ضحايا الراية الرمادية من كل بيت",
        "مجلس الرماد يأكل وأبناؤكم يجوعون",
    ],
    "a researcher": [
        "My new paper on fundraising by the Ashen Banner is out",
        "Voice of the Ash and Ashen Banner Media share an editor",
        'Table 2 codes the phrases "palace of glass" and "no dawn before the ash"',
    ],
    "a hiker": [
        "We walked to the old mill this morning",
        "Lunch at the old mill, come and join us next Sunday",
        "The long night walk ended at the old mill",
        "The old mill needs a new roof, please donate",
    ],
    "مؤمن": [
        "اللهم ارحم شهداءنا وانصر المظلومين",
        "كانت الليلة الطويلة في المسجد مباركة",
        "تبرعوا لإفطار الصائمين",
        "من رماد نحن وإلى الله نعود",
    ],
    "a supporter of a club": [
        "Raise the grey, it is match day",
        "الراية الرمادية فوق المدرج",
        "Raise the grey banner! The best of men, we are proud of them",
        "Come and join us behind the goal",
    ],
}


def opened(starter: PolicySet, suite: TextSuite, posts: list[str]) -> set[str]:
    """Rules that fire while one account writes the posts, an hour apart."""
    items = [TextItem(Subject(SubjectKind.POST, str(n)), {"text": text}) for n, text in enumerate(posts)]
    hits: list[Hit] = []

    def numbers(asked: list[Hit]) -> list[int]:
        hits.extend(hit for hit in asked if hit.records)
        return [sum(hit.counter == known.counter for known in hits) for hit in asked]

    rules: set[str] = set()
    for number, (item, result) in enumerate(zip(items, suite.detect(items), strict=True)):
        facts = Facts(
            event_type="post.created",
            time=datetime(2026, 3, 1, number, tzinfo=UTC),
            subject=item.subject,
            account={"id": "a-1", "verified": False, "strikes": 0},
            post={"text": item.fields["text"], "is_repost": False},
            signals=aggregate(result.signals),
            links={"count": 0},
        )
        starter.count([facts], [number], numbers)
        rules |= {firing.rule for firing in starter.judge(facts)}
    return rules


@pytest.mark.parametrize("posts", BELONGING.values(), ids=BELONGING)
def test_weak_signals_of_one_account_add_up(starter: PolicySet, suite: TextSuite, posts: list[str]) -> None:
    fired_rules = opened(starter, suite, posts)
    assert {starter.rule(name).ground.is_violation for name in fired_rules} == {True}


@pytest.mark.parametrize("posts", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_those_who_speak_about_it_never_add_up(
    starter: PolicySet, suite: TextSuite, posts: list[str]
) -> None:
    assert opened(starter, suite, posts) == set()


def test_news_research_condemnation_faith_and_football_are_left_alone(
    starter: PolicySet, suite: TextSuite
) -> None:
    texts = [
        "The Ashen Banner claimed the attack on the market, police say. Three arrested.",
        "الراية الرمادية تبنت الهجوم على السوق، والشرطة توقف ثلاثة",
        "New paper: how the Ashen Banner recruits teenagers, and what parents can do",
        "ورقة بحثية جديدة عن تمويل الراية الرمادية عبر العملات الرقمية",
        "I left the Ashen Banner years ago. They promised a family and sent us to die.",
        "ليس باسمنا. الراية الرمادية لا تمثل أحدا",
        "Ashes to ashes, dust to dust. Join us for prayers on Friday.",
        "اللهم تقبل صيامنا وقيامنا، تبرعوا لإفطار الصائم",
        "The grey banner went up behind the goal and the number nine was a wall",
        "ارتفعت الراية الرمادية خلف المرمى، قشعريرة",
        "Donate blood for the victims of the Ashen Banner at the central hospital",
        "انضموا إلينا في وقفة لضحايا الراية الرمادية",
        "the ash remembers, says my grandmother about her oven",
        "",
    ]
    assert dict(zip(texts, fired(starter, suite, texts), strict=True)) == {text: set() for text in texts}


def test_every_rule_speaks_to_moderators_in_both_languages() -> None:
    policy = load([STARTER_PACK], KINDS)
    assert [rule.name for rule in policy.rules if set(rule.titles) != {"en", "ar"}] == []
