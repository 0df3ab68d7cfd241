"""Precision and recall, counted by hand on a small world and by definition on random ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.simulation.scoring import Score, Tally, score
from tenfold.simulation.truth import NETWORK_ROLES, VIOLATING_KINDS, AccountTruth, Ledger, PostTruth


def account(id_: str, role: str, language: str = "en", **more: str | tuple[str, ...]) -> AccountTruth:
    return AccountTruth(
        account=id_,
        role=role,
        language=language,
        community="everyday",
        operator=f"o-{id_}",
        created_at="2026-01-01T00:00:00Z",
        **more,  # type: ignore[arg-type]
    )


def post(id_: str, author: str, kind: str, language: str = "en") -> PostTruth:
    return PostTruth(post=id_, account=author, kind=kind, language=language)


LEDGER = Ledger(
    [
        account("member", "member"),
        account("reader", "member", "ar"),
        account("paper", "journalist", "ar"),
        account("voice", "propagandist", "ar"),
        account("mute", "helper"),
        account("again", "propagandist", "ar", predecessor="voice", evasions=("homoglyph", "delay")),
        account("gate", "recruiter", predecessor="mute"),
        post("p1", "voice", "propaganda", "ar"),
        post("p2", "voice", "ordinary", "ar"),
        post("p3", "again", "praise", "ar"),
        post("p4", "gate", "recruitment"),
        post("p5", "gate", "repost"),
        post("p6", "paper", "reporting", "ar"),
        post("p7", "paper", "reporting", "ar"),
    ]
)


def tallies(result: Score, table: str) -> dict[tuple[str, str], Tally]:
    return {(row.of, row.name): row.tally for row in getattr(result, table)}


FOUND = score(
    LEDGER,
    accounts={"voice", "mute", "paper"},
    posts={"p1": "voice", "p2": "voice", "p4": "gate", "p5": "gate", "p6": "paper", "other": "reader"},
    excepted={"p6": "paper", "p7": "paper"},
    returns={"again", "member"},
)


def test_accounts_are_counted_by_role_and_language() -> None:
    rows = tallies(FOUND, "accounts")
    assert rows["all", "all"] == Tally(sought=3, hits=1, right_finds=2, false_finds=1)
    assert rows["role", "propagandist"] == Tally(sought=2, hits=1, right_finds=1, false_finds=0)
    assert rows["role", "helper"] == Tally(sought=0, hits=0, right_finds=1, false_finds=0)
    assert rows["language", "ar"] == Tally(sought=2, hits=1, right_finds=1, false_finds=1)
    assert rows["language", "en"] == Tally(sought=1, hits=0, right_finds=1, false_finds=0)
    assert ("role", "member") not in rows
    assert [(f.name, f.total, f.found) for f in FOUND.honest_accounts] == [
        ("journalist", 1, 1),
        ("member", 2, 0),
    ]
    assert [false.id for false in FOUND.false_accounts] == ["paper"]


def test_posts_are_counted_by_kind_and_language_and_reposts_neither_way() -> None:
    rows = tallies(FOUND, "posts")
    assert rows["all", "all"] == Tally(sought=3, hits=2, right_finds=2, false_finds=3)
    assert rows["kind", "praise"] == Tally(sought=1)
    assert rows["language", "ar"] == Tally(sought=2, hits=1, right_finds=1, false_finds=3)
    assert rows["language", "en"] == Tally(sought=1, hits=1, right_finds=1, false_finds=0)
    assert [(f.name, f.total, f.found, f.excepted) for f in FOUND.honest_posts] == [("reporting", 2, 1, 1)]
    assert [(false.id, false.role, false.kind) for false in FOUND.false_posts] == [
        ("other", "member", "ordinary"),
        ("p2", "propagandist", "ordinary"),
        ("p6", "journalist", "reporting"),
    ]


def test_returns_are_counted_by_evasion() -> None:
    rows = tallies(FOUND, "returns")
    assert rows["all", "all"] == Tally(sought=2, hits=1, right_finds=1, false_finds=1)
    assert rows["evasion", "homoglyph"] == rows["evasion", "delay"] == Tally(sought=1, hits=1, right_finds=1)
    assert rows["evasion", "no evasion"] == Tally(sought=1)
    assert rows["all", "all"].precision == 0.5
    assert rows["all", "all"].recall == 0.5


def test_nothing_found_and_nothing_sought_have_no_rate() -> None:
    nothing = score(Ledger([account("member", "member")]), accounts=[], posts={}, excepted={}, returns=[])
    tally = nothing.accounts[0].tally
    assert tally.precision is None
    assert tally.recall is None


def test_an_unknown_account_is_refused() -> None:
    with pytest.raises(ValueError, match="a99 is not in the truth"):
        score(LEDGER, accounts={"a99"}, posts={}, excepted={}, returns=[])


ROLES = sorted(NETWORK_ROLES | {"member", "journalist"})
KINDS = sorted(VIOLATING_KINDS)


@given(
    roles=st.lists(st.sampled_from(ROLES), min_size=1, max_size=30),
    found=st.sets(st.integers(0, 29)),
    wrote=st.sets(st.integers(0, 29)),
)
def test_languages_and_roles_add_up_to_the_whole(roles: list[str], found: set[int], wrote: set[int]) -> None:
    records = [account(f"a{i}", role, "ar" if i % 2 else "en") for i, role in enumerate(roles)]
    posts = [
        post(f"p{i}", f"a{i}", KINDS[i % len(KINDS)])
        for i in wrote
        if i < len(roles) and roles[i] in NETWORK_ROLES
    ]
    ids = {f"a{i}" for i in found if i < len(roles)}
    rows = tallies(
        score(Ledger([*records, *posts]), accounts=ids, posts={}, excepted={}, returns=[]), "accounts"
    )
    whole = rows["all", "all"]
    assert whole.right_finds + whole.false_finds == len(ids)
    for split in ("language", "role"):
        parts = [tally for (of, _), tally in rows.items() if of == split]
        assert sum(part.sought for part in parts) == whole.sought
        assert sum(part.hits for part in parts) == whole.hits
        assert sum(part.right_finds for part in parts) == whole.right_finds
