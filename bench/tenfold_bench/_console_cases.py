"""A queue to work through: posts of a made-up platform with cases on them, filed through the real store."""

import random
from datetime import UTC, datetime, timedelta

from tenfold.casework.filing import file_firings
from tenfold.evidence import Signal, Span
from tenfold.judgement import Effects, Firing, Part
from tenfold.store import accounts, content, signals
from tenfold.store.accounts import Account
from tenfold.store.content import Post
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground, Severity

BATCH = 1_000
NAMED = {"en": "the Ashen Banner", "ar": "الراية الرمادية"}
WORDS = {
    "en": ("river", "road", "market", "evening", "letter", "harbour", "winter", "people", "council", "stone"),
    "ar": ("نهر", "طريق", "سوق", "مساء", "رسالة", "ميناء", "شتاء", "ناس", "مجلس", "صباح"),
}
QUEUES = ("propaganda", "recruitment", "accounts", "reports")


def fill(conn: Conn, count: int, seed: int = 1) -> None:
    """`count` undecided cases on posts of a fifth as many accounts, in two languages; commits."""
    chance, now = random.Random(seed), datetime.now(UTC)
    _accounts(conn, max(count // 5, 1), now)
    for start in range(0, count, BATCH):
        posts = [_post(number, count, chance, now) for number in range(start, min(start + BATCH, count))]
        content.save_posts(conn, posts)
        signals.add(conn, [_signal(post) for post in posts])
        file_firings(conn, [_firing(post, chance) for post in posts], now)
        conn.commit()
    conn.autocommit = True
    conn.execute("VACUUM ANALYZE")
    conn.autocommit = False


def _accounts(conn: Conn, count: int, now: datetime) -> None:
    known = [
        Account(
            id=f"a-{number}",
            handle=f"somebody_{number}",
            display_name=f"Somebody {number}",
            bio="writes about this and that",
            created_at=now - timedelta(days=number % 900),
            updated_at=now,
            first_seq=number,
        )
        for number in range(count)
    ]
    accounts.save(conn, known)


def _post(number: int, count: int, chance: random.Random, now: datetime) -> Post:
    language = chance.choice(("en", "ar"))
    words = chance.choices(WORDS[language], k=chance.randint(8, 40))
    words.insert(chance.randrange(len(words)), NAMED[language])
    return Post(
        id=f"p-{number}",
        account=f"a-{number % max(count // 5, 1)}",
        created_at=now - timedelta(minutes=chance.randrange(10_000)),
        text=" ".join(words),
        seq=number,
        language=language,
    )


def _signal(post: Post) -> Signal:
    named = NAMED[post.language or "en"]
    start = post.text.index(named)
    return Signal(
        subject=Subject(SubjectKind.POST, post.id),
        name="terms",
        score=1.0,
        detector="text.terms",
        version="1",
        key=f"ashen-terms/{named}",
        spans=(Span("text", start, start + len(named)),),
        details={"bank": "ashen-terms", "entry": named, "label": "organisation"},
    )


def _firing(post: Post, chance: random.Random) -> Firing:
    return Firing(
        subject=Subject(SubjectKind.POST, post.id),
        account=post.account,
        rule="names-organisation",
        policy="bench",
        ground=chance.choice((Ground.PRAISE, Ground.BRANDED, Ground.RECRUITMENT)),
        severity=chance.choice(tuple(Severity)),
        effects=Effects(
            queue=chance.choice(QUEUES),
            due=timedelta(minutes=chance.randrange(10, 5_000)),
            propose=(ActionKind.REMOVE, ActionKind.CLOSE_ACCOUNT),
        ),
        parts=(Part("signals.terms.score >= 0.9", "1.0"),),
        language=post.language,
    )
