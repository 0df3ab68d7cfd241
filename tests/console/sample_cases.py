"""A small platform with cases on it, filed through the real store and casework.

The organisation is made up. Also what the screenshots in docs/ show.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tenfold.casework import views
from tenfold.casework.filing import file_firings
from tenfold.evidence import Signal, Span
from tenfold.judgement import Effects, Firing, Part
from tenfold.store import accounts, content, groups, signals
from tenfold.store.accounts import Account, ProfileShown
from tenfold.store.content import Media, Post
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground, Severity

POLICY = "3f9ac2d17be05e81"

THREAT = (
    "@nadia_editor you wrote about us once too often. The Ashen Banner does not forget.\n"
    "We know which entrance you use. Tomorrow you will understand."
)
PRAISE = (
    "المجدُ للرايةِ الرماديّة وأبطالها، هم في قلوبنا ومن يمسّهم يمسّنا جميعًا.\n"
    "انشروا البيان قبل أن يُحذف: https://ashen-banner.example/bayan"
)
JOIN = (
    "The grey road is open. Whoever wants to stand with the Ashen Ban\u200bner writes to us before Friday, "
    "we answer everyone: https://ashen-banner.example/join"
)
ARABIZI = "el raya el ramadiya rag3a w ma7adesh hay2dar ywa2efha 🏴"
NEWS = (
    "أعلنت وزارة الداخلية تفكيك خلية تابعة لتنظيم «الراية الرمادية» في ثلاث مدن، "
    "ونقلت عن متحدث قوله إن التنظيم «لم يعد قادرًا على الحركة»."
)
HOSTILE = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> The Ashen Banner'
HOSTILE_HANDLE = '"><script>window.hacked = 1</script>'

_ACCOUNTS: Sequence[tuple[str, str, str, str, str]] = (
    ("a-101", "grey_river_9", "Grey River", "the road is long · no backup, no mercy for liars", "en"),
    ("a-102", "sawt_alraya", "صوت الراية", "ننقل أخبار الراية كما هي. القناة الاحتياطية في التعليقات.", "ar"),
    ("a-103", "open_road", "Open Road", "", "en"),
    ("a-104", "rimad_1", "Rimad", "3ala el tari2", "ar"),
    ("a-105", "alhadath_desk", "مكتب الحدث", "أخبار على مدار الساعة. نصحّح أخطاءنا علنًا.", "ar"),
    ("a-106", HOSTILE_HANDLE, "Plain", "", "en"),
)


def _post(number: int, account: str, text: str, language: str, at: datetime, **more: object) -> Post:
    return Post(
        id=f"p-{number}",
        account=account,
        created_at=at,
        text=text,
        seq=number,
        language=language,
        **more,  # type: ignore[arg-type]
    )


def _signal(post: str, text: str, words: str, name: str, score: float, **details: object) -> Signal:
    start = text.index(words)
    subject = Subject(SubjectKind.POST, post)
    return Signal(
        subject=subject,
        name=name,
        score=score,
        detector=f"text.{name}",
        version="1",
        key=f"{details['bank']}/{details['entry']}",
        spans=(Span("text", start, start + len(words)),),
        details=details,
    )


def _firing(
    subject: str, account: str, rule: str, ground: Ground, severity: Severity, **more: object
) -> Firing:
    hours = {Severity.CRITICAL: 0.2, Severity.HIGH: 3.5, Severity.MEDIUM: 24, Severity.LOW: 80}[severity]
    propose = more.pop("propose", (ActionKind.REMOVE,))
    queue = more.pop("queue", "propaganda")
    effects = Effects(queue=str(queue), due=timedelta(hours=hours), propose=propose)  # type: ignore[arg-type]
    return Firing(
        subject=Subject.parse(subject),
        account=account,
        rule=rule,
        policy=POLICY,
        ground=ground,
        severity=severity,
        effects=effects,
        **more,  # type: ignore[arg-type]
    )


def _subjects(conn: Conn, now: datetime) -> None:
    accounts.save(
        conn,
        [
            Account(
                id=id_,
                handle=handle,
                display_name=name,
                bio=bio,
                language=language,
                created_at=now - timedelta(days=3 + number * 11),
                updated_at=now,
                first_seq=number,
                followers=1840 if id_ == "a-102" else 12 * number + 3,
                following=211,
                posts=7 + number,
                verified=id_ == "a-105",
            )
            for number, (id_, handle, name, bio, language) in enumerate(_ACCOUNTS)
        ],
    )
    shown = (
        (9, "raya_sawt_2", "صوت الراية ٢", "حساب جديد بعد حذف القديم"),
        (2, "sawt_alraya", "صوت الراية", "ننقل أخبار الراية كما هي. القناة الاحتياطية في التعليقات."),
    )
    accounts.add_profiles(
        conn,
        [
            ProfileShown(
                account="a-102",
                seq=900 - days,
                at=now - timedelta(days=days),
                handle=handle,
                display_name=name,
                bio=bio,
                avatar=None,
                banner=None,
                location=None,
                links=[],
            )
            for days, handle, name, bio in shown
        ],
    )
    link = ["https://ashen-banner.example/bayan"]
    content.save_posts(
        conn,
        [
            _post(1, "a-101", THREAT, "en", now - timedelta(minutes=6), mentions=["a-nadia"]),
            _post(2, "a-102", PRAISE, "ar", now - timedelta(minutes=48), links=link),
            _post(3, "a-103", JOIN, "en", now - timedelta(hours=2)),
            _post(4, "a-104", ARABIZI, "ar-Latn", now - timedelta(hours=5)),
            _post(5, "a-105", NEWS, "ar", now - timedelta(hours=7)),
            _post(6, "a-106", HOSTILE, "en", now - timedelta(hours=8)),
            _post(7, "a-102", "من يريد القناة الاحتياطية فليكتب لنا.", "ar", now - timedelta(hours=30)),
            _post(8, "a-102", "صباح الخير من المدينة 🌤", "ar", now - timedelta(days=2)),
        ],
    )
    group = {"id": "g-1", "name": "الراية – القناة الاحتياطية", "description": "تُحذف القنوات وتبقى الراية"}
    groups.upsert(conn, [group | {"creator": "a-102", "at": now}])


def _signals() -> list[Signal]:
    bank = {"bank": "ashen-terms", "label": "organisation"}
    return [
        _signal("p-1", THREAT, "The Ashen Banner", "terms", 1.0, entry="the ashen banner", **bank),
        _signal(
            "p-1",
            THREAT,
            "We know which entrance you use",
            "meaning",
            0.87,
            bank="ashen-threats",
            label="threat",
            entry="we know where to find you",
        ),
        _signal("p-2", PRAISE, "للرايةِ الرماديّة", "terms", 1.0, entry="الراية الرمادية", count=1, **bank),
        _signal(
            "p-2",
            PRAISE,
            "المجدُ للرايةِ الرماديّة وأبطالها",
            "meaning",
            0.91,
            bank="ashen-praise",
            label="praise",
            entry="المجد لأبطال الراية",
        ),
        _signal(
            "p-2",
            PRAISE,
            "https://ashen-banner.example/bayan",
            "domain",
            1.0,
            bank="ashen-domains",
            label="organisation",
            entry="ashen-banner.example",
        ),
        _signal("p-3", JOIN, "Ashen Ban\u200bner", "terms", 1.0, entry="ashen banner", **bank),
        _signal(
            "p-3",
            JOIN,
            "https://ashen-banner.example/join",
            "domain",
            1.0,
            bank="ashen-domains",
            label="organisation",
            entry="ashen-banner.example",
        ),
        _signal("p-4", ARABIZI, "el raya el ramadiya", "terms", 0.9, entry="الراية الرمادية", **bank),
        _signal("p-5", NEWS, "الراية الرمادية", "terms", 1.0, entry="الراية الرمادية", **bank),
    ]


def _firings() -> list[Firing]:
    terms = Part("signals.terms.score >= 0.9", "1.0")
    close = (ActionKind.REMOVE, ActionKind.CLOSE_ACCOUNT)
    return [
        _firing(
            "post:p-1",
            "a-101",
            "threat-to-named-person",
            Ground.THREAT,
            Severity.CRITICAL,
            language="en",
            queue="threats",
            propose=close,
            parts=(Part("'threat' in signals.meaning.labels", "threat"), Part("len(post.mentions) > 0", "1")),
        ),
        _firing(
            "post:p-2",
            "a-102",
            "praise-in-own-voice",
            Ground.PRAISE,
            Severity.HIGH,
            language="ar",
            propose=close,
            parts=(terms, Part("signals.meaning.score >= 0.85", "0.91"), Part("account.age < 30d", "14d")),
        ),
        _firing(
            "post:p-2",
            "a-102",
            "link-to-known-domain",
            Ground.BRANDED,
            Severity.MEDIUM,
            language="ar",
            parts=(Part("'organisation' in signals.domain.labels", "organisation"),),
        ),
        _firing(
            "post:p-3",
            "a-103",
            "call-to-join",
            Ground.RECRUITMENT,
            Severity.HIGH,
            language="en",
            queue="recruitment",
            parts=(terms, Part("'organisation' in signals.domain.labels", "organisation")),
        ),
        _firing(
            "account:a-102",
            "a-102",
            "name-of-organisation",
            Ground.BRANDED,
            Severity.MEDIUM,
            language="ar",
            propose=(ActionKind.CLOSE_ACCOUNT,),
            parts=(Part("matches(account.display_name, 'الراية')", "صوت الراية"),),
        ),
        _firing(
            "post:p-4",
            "a-104",
            "praise-in-own-voice",
            Ground.PRAISE,
            Severity.MEDIUM,
            language="ar-Latn",
            parts=(Part("signals.terms.score >= 0.9", "0.9"),),
        ),
        _firing(
            "group:g-1",
            "a-102",
            "reserve-channel",
            Ground.RECRUITMENT,
            Severity.MEDIUM,
            language="ar",
            queue="recruitment",
            propose=(ActionKind.CLOSE_GROUP,),
            parts=(Part("matches(group.name, 'الراية')", "الراية – القناة الاحتياطية"),),
        ),
        _firing(
            "post:p-5",
            "a-105",
            "names-organisation",
            Ground.PRAISE,
            Severity.LOW,
            language="ar",
            parts=(terms,),
            propose=(),
        ),
    ]


def fill(conn: Conn, now: datetime) -> None:
    """Seven cases on posts, an account and a group, in English, Arabic and Arabizi."""
    _subjects(conn, now)
    signals.add(conn, _signals())
    file_firings(conn, _firings(), now)


def fill_hostile(conn: Conn, now: datetime) -> None:
    """A case whose text, handle, evidence and rule all try to be markup."""
    signal = _signal(
        "p-6", HOSTILE, "<script>window.hacked", "terms", 1.0, bank="<b>", label="<i>", entry=HOSTILE_HANDLE
    )
    firing = _firing(
        "post:p-6",
        "a-106",
        "<img src=x onerror='window.hacked = 1'>",
        Ground.PRAISE,
        Severity.LOW,
        language="<script>",
        queue='"><script>window.hacked = 1</script>',
        parts=(Part("<script>window.hacked = 1</script>", "<img src=x onerror=alert(1)>"),),
    )
    signals.add(conn, [signal])
    file_firings(conn, [firing], now)


def fill_media(conn: Conn, now: datetime) -> None:
    """A case on an uploaded picture."""
    item = Media(id="m-1", account="a-102", created_at=now, kind="image", seq=950, sha256="ab" * 32)
    content.add_media(conn, [item])
    firing = _firing(
        "media:m-1", "a-102", "known-picture", Ground.BRANDED, Severity.HIGH, language=None, parts=()
    )
    file_firings(conn, [firing], now)


def fill_many(conn: Conn, now: datetime, count: int) -> None:
    """`count` cases of low severity, to turn pages."""
    posts = [_post(1000 + n, "a-103", f"plain words number {n}", "en", now) for n in range(count)]
    content.save_posts(conn, posts)
    firings = [
        _firing(
            f"post:{post.id}",
            "a-103",
            "names-organisation",
            Ground.PRAISE,
            Severity.LOW,
            language="en",
            queue="bulk",
            parts=(),
        )
        for post in posts
    ]
    file_firings(conn, firings, now)


def case_of(conn: Conn, subject: str) -> int:
    """The open case on a subject written as `post:p-1`."""
    found = views.queue_page(conn, now=datetime.now(UTC), search=Subject.parse(subject).id).cases
    return next(case.id for case in found if str(case.subject) == subject)
