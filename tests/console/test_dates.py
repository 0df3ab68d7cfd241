"""Days and times as forms take them: year-month-day, in the digits of either language."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.web.console.dates import read_day, read_moment

ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@given(day=st.dates(min_value=date(1000, 1, 1)))
def test_a_day_is_read_in_both_digits(day: date) -> None:
    assert read_day(day.isoformat()) == day
    assert read_day(f" {day.isoformat().translate(ARABIC)} ") == day
    assert read_moment(day.isoformat()) == datetime(day.year, day.month, day.day, tzinfo=UTC)


@given(at=st.datetimes(min_value=datetime(1000, 1, 1)))
def test_a_moment_is_read_as_it_is_shown(at: datetime) -> None:
    minute = at.replace(second=0, microsecond=0, tzinfo=UTC)
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"):
        assert read_moment(minute.strftime(form).translate(ARABIC)) == minute


@pytest.mark.parametrize(
    "text", ["", "soon", "04/03/2026", "2026-13-01", "2026-02-30", "2026-3-4-5", "²٠²٦-٠١-٠١"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"match|range|convert|month"):
        read_day(text)
    with pytest.raises(ValueError, match=r"match|range|convert|month"):
        read_moment(text)
