"""Facts: signals put together by name; firings that say whose, under which policy, and why."""

from tenfold.evidence import Signal
from tenfold.judgement import Part
from tenfold.policy import aggregate
from tenfold.policy.schema import signal_fields
from tenfold.subjects import Subject, SubjectKind
from tests.policy.policy_world import KINDS, Load, facts, rule_text

POST = Subject(SubjectKind.POST, "p")


def signal(name: str, score: float, **details: object) -> Signal:
    return Signal(subject=POST, name=name, score=score, detector="d", version="1", details=details)


def test_signals_are_put_together_by_name() -> None:
    found = aggregate(
        [
            signal("terms", 0.3, bank="a", label="name", entry="x", count=4, form="plain"),
            signal("terms", 0.9, bank="b", label="", entry="y", short=False),
            signal("terms", 0.5, bank="b", label="slogan", short=True, tags=["q", "r"], similarity=None),
            signal("url", 0.5),
        ]
    )
    assert found["terms"] == {
        "score": 0.9,
        "count": 3,
        "banks": {"a", "b"},
        "labels": {"name", "slogan"},
        "entry": {"x", "y"},
        "form": {"plain"},
        "short": True,
        "tags": {"q", "r"},
    }
    assert found["url"] == {"score": 0.5, "count": 1, "banks": set(), "labels": set()}
    assert aggregate([]) == {}


def test_what_aggregate_gives_is_what_the_schema_declares() -> None:
    kind = KINDS["near_duplicate"]
    given = aggregate([signal(kind.name, 0.8, bank="b", label="l", entry="e", similarity=0.8)])[kind.name]
    assert set(given) == set(signal_fields(kind))
    kinds = {"set": (set,), "number": (int, float), "bool": (bool,), "text": (str,)}
    for name, declared in signal_fields(kind).items():
        assert isinstance(given[name], kinds[declared.type.kind])


def test_firings_say_whose_and_why(load_text: Load) -> None:
    policy = load_text(
        "rules:\n"
        + rule_text(
            "post.length > 3 and (post.is_reply or matches(post.text, 'راي.')) and not known(post.id)"
        )
    )
    one = facts(
        account={"id": "a-7"}, post={"length": 9, "text": "هذه راية", "is_reply": False}, language="ar"
    )
    (firing,) = policy.judge(one)
    assert firing.account == "a-7"
    assert firing.policy == policy.version
    assert firing.language == "ar"
    assert firing.parts == (
        Part("post.length > 3", "9"),
        Part("matches(post.text, 'راي.')", "راية"),
        Part("not known(post.id)", "unknown"),
    )


def test_account_of_a_firing_about_an_account(load_text: Load) -> None:
    policy = load_text("rules:\n" + rule_text("known(event.type)", on="account"))
    (firing,) = policy.judge(facts("account.created", SubjectKind.ACCOUNT))
    assert firing.account == "p-1"
    anonymous = load_text("rules:\n" + rule_text("known(event.type)"))
    assert anonymous.judge(facts())[0].account is None


def test_long_values_are_cut(load_text: Load) -> None:
    policy = load_text(
        "rules:\n" + rule_text("count(post.links) > 3 and known(post.text) and all_of(post.links, ['a1'])")
    )
    one = facts(post={"text": "x" * 900, "links": frozenset(f"a{n}" for n in range(30))})
    (firing,) = policy.judge(one)
    assert len(firing.parts[1].value) == 200
    assert firing.parts[2].value.endswith("and 22 more")
