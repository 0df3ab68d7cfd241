"""A platform on which the fictional Ashen Banner threatens an office: real readings, real records."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from tenfold.detectors.base import TextItem
from tenfold.detectors.threat.detector import ThreatDetector
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.threats import records
from tenfold.threats.campaigns import Sighting

STAFF = "We will shoot the employees of the North Office tonight at the door of their office."
NAMED = "I will kill Jonas Weller tomorrow at 9 at his house, I bought a knife."
OFFICE = "سنقتل موظفي مكتب الشمال الليلة عند باب المكتب"
PLACE = "سنحرق مكتب الشمال غدا"
CONDITION = "If they do not free our brothers we will kill the judge."
COPIES = 12


@cache
def detector() -> ThreatDetector:
    return ThreatDetector()


def account(conn: Conn, id_: str, handle: str, name: str, now: datetime) -> None:
    conn.execute(
        """
        INSERT INTO accounts (id, handle, display_name, bio, created_at, first_seq, updated_at, posts, state,
            email_token, links)
        VALUES (%s, %s, %s, 'رسالتنا واضحة', %s, 1, %s, 7, 'active', 'hmac:0f0f', '{https://raya.example}')
        ON CONFLICT DO NOTHING
        """,
        [id_, handle, name, now - timedelta(days=40), now],
    )
    conn.execute(
        "INSERT INTO account_profiles (account, seq, at, handle, display_name, bio)"
        " VALUES (%s, 1, %s, %s, %s, 'رسالتنا واضحة') ON CONFLICT DO NOTHING",
        [id_, now - timedelta(days=40), handle, name],
    )


def session(conn: Conn, seq: int, account_id: str, at: datetime) -> None:
    conn.execute(
        "INSERT INTO sessions (seq, account, started_at, address_token, device_token)"
        " VALUES (%s, %s, %s, 'hmac:aa11', 'hmac:bb22')",
        [seq, account_id, at],
    )


def say(
    conn: Conn,
    said: Sequence[tuple[str, str, str, datetime]],
    now: datetime,
    protectees: tuple[tuple[int, str, float, int, int], ...] = (),
) -> list[int]:
    """Posts (id, account, text, time) as the platform sends them, read and kept; the record of each."""
    items = []
    for id_, who, text, at in said:
        conn.execute(
            "INSERT INTO posts (id, account, created_at, text, seq, url) VALUES (%s, %s, %s, %s, 1, %s)",
            [id_, who, at, text, f"https://platform.example/p/{id_}"],
        )
        items.append(TextItem(subject=Subject(SubjectKind.POST, id_), fields={"text": text}))
    sightings = []
    for (id_, who, text, at), found in zip(said, detector().detect(items), strict=True):
        (signal,) = found
        language = "ar" if text[0] >= "\u0600" else "en"
        details = dict(signal.details) | ({"protectee": True} if protectees else {})
        sightings.append(
            Sighting(
                subject=Subject(SubjectKind.POST, id_),
                field="text",
                account=who,
                at=at,
                text=text,
                details=details,
                language=language,
                protectees=protectees,
            )
        )
    return [taken.threat_id for taken in records.take(conn, sightings, now)]


def staff(conn: Conn, now: datetime) -> int:
    """T0 in English against staff, by one account."""
    account(conn, "a-1", "sawt_alraya", "صوت الراية", now)
    session(conn, 11, "a-1", now - timedelta(hours=2))
    return say(conn, [("p-1", "a-1", STAFF, now - timedelta(minutes=4))], now)[0]


def campaign(conn: Conn, now: datetime, copies: int = COPIES) -> int:
    """T0 in Arabic against the same office, by COPIES accounts over some hours."""
    said = []
    for n in range(copies):
        account(conn, f"c-{n}", f"alraya_{n}", f"الراية {n}", now)
        said.append((f"q-{n}", f"c-{n}", OFFICE, now - timedelta(minutes=25 * n)))
    return say(conn, said, now)[0]


def condition(conn: Conn, now: datetime) -> int:
    """T2 in English."""
    account(conn, "a-2", "ashen_watch", "Ashen Watch", now)
    return say(conn, [("p-2", "a-2", CONDITION, now - timedelta(hours=1))], now)[0]


def fill(conn: Conn, now: datetime) -> dict[str, int]:
    """All of them; the record of each."""
    return {"staff": staff(conn, now), "campaign": campaign(conn, now), "condition": condition(conn, now)}
