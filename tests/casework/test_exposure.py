"""What somebody was shown, counted from the audit log; and when a break is suggested."""

from datetime import UTC, datetime, timedelta

import pytest

from tenfold.casework import exposure, slurs
from tenfold.casework.exposure import break_due, shifts
from tenfold.casework.filing import file_firings
from tenfold.store import care
from tenfold.store.care import Care
from tenfold.store.database import Conn
from tenfold.taxonomy import Severity
from tests.casework.small_platform import NOW, firing

NADIA, OMAR = "user:1", "user:2"


def acts(conn: Conn, actor: str, *told: tuple[float, str, str]) -> None:
    """Rows of the audit log at so many minutes after NOW; the chain itself is tested elsewhere."""
    for minute, act, subject in told:
        conn.execute(
            "INSERT INTO audit (seq, at, actor, act, subject, previous, hash)"
            " SELECT coalesce(max(seq), 0) + 1, %s, %s, %s, %s, '', '' FROM audit",
            [NOW + timedelta(minutes=minute), actor, act, subject],
        )


@pytest.fixture
def two_cases(platform: Conn) -> dict[str, str]:
    """A severe case and a mild one, as the audit log names them."""
    file_firings(
        platform, [firing("p-1", severity=Severity.CRITICAL), firing("p-2", severity=Severity.LOW)], NOW
    )
    rows = platform.execute("SELECT subject_id, 'case:' || id FROM cases").fetchall()
    return dict(rows)


def test_a_shift_is_counted_with_its_denominators(platform: Conn, two_cases: dict[str, str]) -> None:
    severe, mild = two_cases["p-1"], two_cases["p-2"]
    acts(platform, OMAR, (0, "case.viewed", mild))
    acts(
        platform, NADIA,
        (-600, "case.viewed", mild),
        (0, "case.viewed", severe), (2, "text.revealed", severe), (3, "media.revealed", "media:m-1"),
        (4, "media.revealed", "media:m-1"), (5, "case.decided", severe), (6, "case.viewed", severe),
        (26, "case.viewed", mild), (29.5, "case.decided", mild), (100, "case.sent_ahead", severe),
    )  # fmt: skip
    latest, before = shifts(platform, NADIA)
    assert (latest.minutes, latest.cases, latest.severe) == (9, 2, 1)
    assert (latest.texts_revealed, latest.media_revealed, latest.decided) == (1, 1, 2)
    assert (latest.minutes_on_end, latest.severe_on_end) == (0, 0)
    assert (before.cases, before.severe) == (1, 0)
    assert [shift.cases for shift in shifts(platform, OMAR)] == [1]
    assert shifts(platform, "user:3") == []


def test_a_break_is_suggested_after_time_or_weight_unless_put_off(
    platform: Conn, two_cases: dict[str, str]
) -> None:
    acts(platform, NADIA, *((minute, "case.viewed", two_cases["p-1"]) for minute in range(0, 52, 4)))
    found = shifts(platform, NADIA)
    end = found[0].ended
    soon = end + timedelta(minutes=1)
    never = Care(break_minutes=0, break_severe=0)
    assert break_due(found, Care(break_minutes=40, break_severe=0), soon) == found[0]
    assert break_due(found, Care(break_minutes=50, break_severe=0), soon) is None
    assert break_due(found, Care(break_minutes=0, break_severe=1), soon) == found[0]
    assert break_due(found, never, soon) is None
    assert break_due(found, Care(break_minutes=1), end + exposure.BREAK) is None
    put_off = Care(break_minutes=1, not_before=soon + timedelta(minutes=1))
    assert break_due(found, put_off, soon) is None
    assert break_due(found, put_off, soon + timedelta(minutes=1)) == found[0]
    assert break_due([], Care(), soon) is None


def test_choices_are_kept_and_putting_off_changes_no_other(conn: Conn) -> None:
    row = conn.execute("INSERT INTO users (name) VALUES ('Nadia') RETURNING id").fetchone()
    assert row is not None
    assert care.load(conn, row[0]) == Care(media_blurred=True, media_small=True, media_grey=False)
    chosen = Care(media_blurred=False, media_grey=True, mask_slurs=True, break_minutes=0)
    care.save(conn, row[0], chosen)
    until = datetime.now(UTC)
    care.not_before(conn, row[0], until)
    kept = care.load(conn, row[0])
    assert (kept.media_blurred, kept.media_grey, kept.mask_slurs, kept.break_minutes) == (
        False,
        True,
        True,
        0,
    )
    assert kept.not_before == until


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("you GREYLING, you", ["GREYLING"]),
        ("you gr3yl1ng", ["gr3yl1ng"]),
        ("يا رمــاديّ", ["رمــاديّ"]),
        ("the grey lingers", []),
        ("", []),
    ],
)
def test_slurs_of_the_operator_s_bank_are_found_however_they_are_spelt(
    conn: Conn, text: str, found: list[str]
) -> None:
    conn.execute("INSERT INTO banks (id, kind, title, enabled) VALUES ('slurs', 'terms', 'Slurs', false)")
    conn.execute(
        "INSERT INTO bank_entries (bank, key, value, added_by)"
        " VALUES ('slurs', 'greyling', 'greyling', 'x'), ('slurs', 'رمادي', 'رمادي', 'x')"
    )
    loaded = slurs.Loaded()
    assert [text[start:end] for start, end in loaded.get(conn).find(text)] == found
    assert loaded.get(conn) is loaded.get(conn)
    conn.execute("DELETE FROM banks")
    assert loaded.get(conn).find(text) == []
