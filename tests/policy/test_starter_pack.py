"""The starter pack with its own banks and detectors: what it finds, and whom it leaves alone."""

from datetime import UTC, datetime

import pytest

from tenfold.detectors import shipped
from tenfold.detectors.base import TextItem
from tenfold.detectors.text.suite import KINDS, TextSuite
from tenfold.policy import Facts, PolicySet, aggregate, load
from tenfold.policy.policyset import STARTER_PACK
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import Ground


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
                    counters={"slogans_7d": 1, "statements_30d": 1},
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
        assert not rule.effects.hold or rule.name == "known-page-linked"
        assert rule.effects.queue


def test_bank_fields_that_rules_name_exist(starter: PolicySet) -> None:
    labels = {entry.label for bank in shipped.banks() for entry in bank.entries}
    for label in ("name", "slogan", "statement", "recruitment", "fundraising"):
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
