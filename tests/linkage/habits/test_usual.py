"""What is usual in the writing of a platform: how it is sampled, kept, and what difference it makes."""

from datetime import timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import style, usual, usual_in_store
from tenfold.linkage.compare import compare
from tenfold.linkage.kinds import Kind
from tenfold.linkage.rarity import Rarity
from tenfold.linkage.table import Table
from tenfold.linkage.usual_in_store import GROWING, RENEWED, InUse
from tests.helpers import NOON
from tests.linkage.online.platform_of_returns import Platform

_ENGLISH = "the river and my old house of stone with that small garden to walk you home it is this way"
_ARABIC = "البيت القديم قرب النهر في المدينة على الجبل مع الأصدقاء كان الجو جميلا والشمس دافئة"
WORDS = {"en": _ENGLISH.split(), "ar": _ARABIC.split()}


def writes(language, seed, ending, posts=12):
    generator = np.random.default_rng(seed)
    return [" ".join(generator.choice(WORDS[language], 10)) + ending for _ in range(posts)]


def account(name, texts):
    sketch, chars = style.sketch(texts)
    return Fingerprint(account=name, style=sketch, style_chars=chars)


def platform_of(ending, count=150):
    """Everybody ends what they write in the same way, in either language."""
    return Table.of(
        account(f"p{seed}{language}", writes(language, seed, ending))
        for seed in range(count // 2)
        for language in WORDS
    )


def bits(left, right, background):
    pair = Table.of([account("left", left), account("right", right)])
    rarity = Rarity(np.empty(0, np.int64), np.empty(0, np.int64), 1_000, usual=background)
    found = compare(pair, np.array([0]), pair, np.array([1]), rarity)
    return found.strength[0, Kind.STYLE] / 1000


@pytest.mark.parametrize("language", ["en", "ar"])
def test_what_everybody_on_the_platform_does_is_no_habit(language):
    """Endings that would tell a hand on one platform tell nothing where all have them."""
    pair = writes(language, 1_001, " !!! 🔥"), writes(language, 1_002, " !!! 🔥")
    where_all = bits(*pair, usual.of(platform_of(" !!! 🔥")))
    where_few = bits(*pair, usual.of(platform_of(".")))
    assert where_few > where_all + 1
    assert where_few > 1


def test_a_few_accounts_say_nothing_of_a_platform():
    few = platform_of(".", count=usual.LEAST_ACCOUNTS - 2)
    assert usual.of(few) is None
    short = Table.of(account(f"s{n}", ["Good morning all"]) for n in range(200))
    assert usual.of(short) is None
    assert usual.of(Table.of([])) is None
    assert usual.of(platform_of(".", count=usual.LEAST_ACCOUNTS)) is not None


def test_the_sample_does_not_depend_on_the_order_of_accounts():
    ids = [f"a{n}" for n in range(5_000)]
    chosen = usual.sample(ids)
    assert len(chosen) == usual.MOST_ACCOUNTS
    backwards = usual.sample(ids[::-1])
    assert {ids[place] for place in chosen} == {ids[::-1][place] for place in backwards}
    assert usual.sample(ids[:7]).tolist() == list(range(7))


def test_it_is_kept_as_bytes_and_nothing_else_is_taken_for_it():
    made = usual.of(platform_of("?"))
    again = usual.from_bytes(usual.to_bytes(made))
    assert made is not None and again is not None
    assert np.abs(again.usual - made.usual).max() < 1e-7
    assert usual.from_bytes(usual.to_bytes(None)) is None
    for broken in (b"\0", b"\0" * 8, usual.to_bytes(made)[:-4], b"\xff" * len(usual.to_bytes(made))):
        with pytest.raises(ValueError, match="not what is usual"):
            usual.from_bytes(broken)


def test_a_history_gives_what_its_accounts_give(tmp_path):
    """Cut into files or not, as long as the sample is all of them."""
    everybody = platform_of("!")
    files = [tmp_path / f"part-{n}.parquet" for n in range(3)]
    for n, file in enumerate(files):
        pq.write_table(everybody.take(np.arange(n * 50, n * 50 + 50)).to_arrow(), file)
    made, whole = usual.of_files(files), usual.of(everybody)
    assert made is not None and whole is not None
    assert np.abs(made.usual - whole.usual).max() < 1e-12
    assert usual.of_files(files[:1]) is None
    assert usual.of_files([]) is None


def test_maintenance_makes_it_of_what_people_wrote_and_linkers_take_it_over(conn):
    platform = Platform(conn)
    for n in range(usual.LEAST_ACCOUNTS + 5):
        platform.tell("account.created", f"p{n}", handle=f"person{n}x")
        for number, text in enumerate(writes("en", n, "!", posts=4)):
            platform.tell("post.created", f"p{n}", post=f"post{n}.{number}", text=text)
    platform.work()
    in_use = InUse()
    in_use.refresh(conn)
    before = in_use.background
    assert before is None
    assert usual_in_store.renew(conn, NOON)
    in_use.refresh(conn)
    first = in_use.background
    assert first is not None
    in_use.refresh(conn)
    assert in_use.background is first
    assert not usual_in_store.renew(conn, NOON + GROWING / 2)
    assert usual_in_store.renew(conn, NOON + RENEWED)
    in_use.refresh(conn)
    assert in_use.background is not first


def test_a_platform_that_is_too_small_is_asked_again_later(conn):
    platform = Platform(conn)
    platform.crowd(20)
    assert usual_in_store.renew(conn, NOON)
    in_use = InUse()
    in_use.refresh(conn)
    assert in_use.background is None
    assert not usual_in_store.renew(conn, NOON + timedelta(minutes=1))
    assert usual_in_store.renew(conn, NOON + GROWING)
