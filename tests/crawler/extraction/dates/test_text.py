from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.extraction.dates.months import MONTHS
from broadsheet.crawler.extraction.dates.text import find_dates, plain, read_stamp


def readings(text: str) -> list[list[str]]:
    return [[reading.value for reading in mention.readings] for mention in find_dates(plain(text))]


@pytest.mark.parametrize(
    ("stamp", "value", "precision", "zone"),
    [
        ("2016-06-10T09:12:00+02:00", "2016-06-10T09:12:00+02:00", "second", "stated"),
        ("2016-06-10T09:12:00.123Z", "2016-06-10T09:12:00+00:00", "second", "stated"),
        ("2016-06-10T09:12-0400", "2016-06-10T09:12:00-04:00", "minute", "stated"),
        ("2016-06-10 09:12:31", "2016-06-10T09:12:31", "second", "unknown"),
        ("20160610T091200Z", "2016-06-10T09:12:00+00:00", "second", "stated"),
        ("2016-06-10", "2016-06-10", "day", "unknown"),
        ("20160610", "2016-06-10", "day", "unknown"),
        ("2016-06", "2016-06", "month", "unknown"),
        ("Fri, 10 Jun 2016 09:12:00 +0200", "2016-06-10T09:12:00+02:00", "second", "stated"),
        ("Fri Jun 10 2016 09:12:00 GMT+0200 (CEST)", "2016-06-10T09:12:00+02:00", "second", "stated"),
        ("1465543920", "2016-06-10T07:32:00+00:00", "second", "stated"),
        ("1465543920000", "2016-06-10T07:32:00+00:00", "second", "stated"),
        ("June 10, 2016 9:12 pm EDT", "2016-06-10T21:12:00-04:00", "minute", "stated"),
    ],
)
def test_a_stamp_is_read_as_far_as_it_is_written(stamp: str, value: str, precision: str, zone: str) -> None:
    found = read_stamp(stamp)
    assert found is not None
    assert (found.value, found.precision, found.zone) == (value, precision, zone)


def test_midnight_without_a_zone_is_how_programs_write_a_day() -> None:
    found = read_stamp("2016-06-10T00:00:00")
    assert found is not None
    assert (found.value, found.precision) == ("2016-06-10", "day")


@pytest.mark.parametrize(
    "value", ["", "yesterday", "2016", "06/10/2016", "2016-13-45", "2016-02-30T10:00", "tel. 20160"]
)
def test_what_is_no_single_date_is_no_stamp(value: str) -> None:
    assert read_stamp(value) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10 giugno 2016", "2016-06-10"),
        ("(0912 GMT, 10 June 2016)", "2016-06-10T09:12:00+00:00"),
        ("10 June 2016, 0912 UTC", "2016-06-10T09:12:00+00:00"),
        ("0912hrs, 10 June 2016", "2016-06-10T09:12:00"),
        ("10 June 2016, 2011 was a warm year", "2016-06-10"),
        ("10 Juni 2016. 1945 ist lange her", "2016-06-10"),
        ("10-VI-2016", "2016-06-10"),
        ("10 VI 2016, 09:12", "2016-06-10T09:12:00"),
        ("1.XII.2016", "2016-12-01"),
        ("2016. 06. 10. 09:12", "2016-06-10T09:12:00"),
        ("10 juin 2016 à 09h12 (heure de Paris)", "2016-06-10T09:12:00+02:00"),
        ("24/12/2016 a las 09:12 hora peninsular", "2016-12-24T09:12:00+01:00"),
        ("10 de junho de 2016 às 9h12 (horário de Brasília)", "2016-06-10T09:12:00-03:00"),
        ("10. 6. 2016 v 9:12", "2016-06-10T09:12:00"),
        ("Vrijdag 10 juni 2016 om 09u12", "2016-06-10T09:12:00"),
        ("١٠ يونيو ٢٠١٦ م - ٠٩:١٢ بتوقيت غرينتش", "2016-06-10T09:12:00+00:00"),
        ("10 juin 2016 à 9h12, heure de Québec", "2016-06-10T09:12:00"),
        ("10 июня 2016, 09:12 по московскому времени", "2016-06-10T09:12:00+03:00"),
        ("Juni 10, 2016", "2016-06-10"),
        ("10. Juni 2016 um 9.12 Uhr", "2016-06-10T09:12:00"),
        ("le 10 juin 2016 à 09h12", "2016-06-10T09:12:00"),
        ("10 de junio de 2016, 21:05", "2016-06-10T21:05:00"),
        ("10 czerwca 2016, 09:12", "2016-06-10T09:12:00"),
        ("10 июня 2016, 09:12", "2016-06-10T09:12:00"),
        ("10 Haziran 2016 09:12", "2016-06-10T09:12:00"),
        ("١٠ يونيو ٢٠١٦، ٠٩:١٢", "2016-06-10T09:12:00"),
        ("2016年6月10日 9時12分", "2016-06-10T09:12:00"),
        ("2016년 6월 10일 오후 3:20", "2016-06-10T15:20:00"),
        ("2016. június 10. 9:12", "2016-06-10T09:12:00"),
        ("10 tháng 6, 2016", "2016-06-10"),
        ("Sept. 3, 2024, 4:03 AM", "2024-09-03T04:03:00"),
        ("09:12, 10 June 2016", "2016-06-10T09:12:00"),
        ("Published 12 June 2016 at 3:05pm BST", "2016-06-12T15:05:00+01:00"),
        ("Donnerstag, 14. November 2019 | 12:05 Uhr", "2019-11-14T12:05:00"),
        ("20/10/2016 09:50", "2016-10-20T09:50:00"),
        ("10.06.2016, 09:12", "2016-06-10T09:12:00"),
        ("28.09.1912:30", "2019-09-28T12:30:00"),
        ("10-Jun-16", "2016-06-10"),
        ("3 de maig de 2024", "2024-05-03"),
        ("3. svibnja 2024.", "2024-05-03"),
        ("2024 m. gegužės 3 d., 10:30", "2024-05-03T10:30:00"),
        ("2024. gada 3. maijs", "2024-05-03"),
        ("10 юни 2016 г., 09:12", "2016-06-10T09:12:00"),
        ("3 Μαΐου 2024, 3:10 μ.μ.", "2024-05-03T15:10:00"),
        ("3 במאי 2024", "2024-05-03"),
        ("3 كانون الثاني 2024 10:30 م", "2024-01-03T22:30:00"),
        ("3 مئی 2024", "2024-05-03"),
        ("3 मई 2024", "2024-05-03"),
        ("২ জানুয়ারি ২০২৪, ১০:৩০", "2024-01-02T10:30:00"),
        ("2 มกราคม 2567 เวลา 10:30 น.", "2024-01-02T10:30:00"),
        ("2 ม.ค. 67 10:30 น.", "2024-01-02T10:30:00"),
        ("۲ تیر ۱۳۹۹ - 12:09:08 ب.ظ", "2020-06-22T12:09:08"),
        ("1403/02/14 ۱۴:۳۰", "2024-05-03T14:30:00"),
        ("12 رمضان 1445 هـ", "2024-03-22"),
        ("1445/09/12 هـ", "2024-03-22"),
        ("令和6年1月2日 午後3時5分", "2024-01-02T15:05:00"),
        ("民國113年1月2日", "2024-01-02"),
        ("2024年1月2日 晚上8:30", "2024-01-02T20:30:00"),
        ("6 May 2022 - 2:00 a. m.", "2022-05-06T02:00:00"),
        ("3 мая 2024, 14:30 МСК", "2024-05-03T14:30:00+03:00"),
        ("May 3, 2024 at 2:30 p.m. ET", "2024-05-03T14:30:00-04:00"),
        ("Jan 3, 2024 2:30 PM ET", "2024-01-03T14:30:00-05:00"),
        ("Nov. 1, 2006, 2:30 PM Pacific Time", "2006-11-01T14:30:00-08:00"),
        ("3 mai 2024 à 9h12 et plus", "2024-05-03T09:12:00"),
        ("3 May 2024 14:30 (GMT+3)", "2024-05-03T14:30:00+03:00"),
        ("3 May 2024 | 24:00", "2024-05-03"),
    ],
)
def test_a_date_is_found_as_people_write_it(text: str, value: str) -> None:
    assert readings(text) == [[value]]


def test_a_zone_of_several_countries_is_assumed() -> None:
    (mention,) = find_dates("May 3, 2024 10:15 IST")
    (reading,) = mention.readings
    assert (reading.value, reading.zone) == ("2024-05-03T10:15:00+05:30", "assumed")


def test_a_numeric_date_whose_day_and_month_can_change_places_has_two_readings() -> None:
    assert readings("06/10/2016, 09.12") == [["2016-10-06T09:12:00", "2016-06-10T09:12:00"]]


def test_the_tenth_of_the_tenth_has_one_reading_and_proves_no_order() -> None:
    (mention,) = find_dates("10/10/2016")
    assert [reading.value for reading in mention.readings] == ["2016-10-10"]
    assert mention.order is None


@pytest.mark.parametrize(("text", "order"), [("20/10/2016", "day-month"), ("10/20/2016", "month-day")])
def test_a_number_over_twelve_proves_the_order(text: str, order: str) -> None:
    (mention,) = find_dates(text)
    assert mention.order == order


def test_a_day_without_a_year_is_found_as_month_and_day() -> None:
    (mention,) = find_dates("In the early morning hours of Thursday, June 8 they stated")
    assert mention.month_day == (6, 8)
    assert mention.readings == ()


@pytest.mark.parametrize("text", ["version 1.2.3.4", "call 555-12-2016-3", "rows 3-4-5", "12:30", "the year 2016"])
def test_other_numbers_are_no_dates(text: str) -> None:
    assert readings(text) == []


@given(
    st.integers(min_value=0, max_value=4_000_000_000),
    st.integers(min_value=-14 * 4, max_value=14 * 4),
)
def test_every_zoned_stamp_comes_back_to_the_second(seconds: int, quarters: int) -> None:
    zoned = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=15 * quarters)))
    found = read_stamp(zoned.isoformat())
    assert found is not None
    assert datetime.fromisoformat(found.value) == zoned


DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2040, 12, 31))
TIMES = st.one_of(st.none(), st.times().map(lambda time: time.replace(microsecond=0)))


@given(DAYS, TIMES, st.sampled_from(sorted(MONTHS)), st.sampled_from(["{d} {m} {y}", "{m} {d}, {y}", "{y} {m} {d}"]))
def test_a_date_in_words_comes_back_no_finer_than_it_was_written(
    day: date, time: time | None, name: str, form: str
) -> None:
    day = day.replace(day=min(day.day, 28), month=MONTHS[name])
    text = form.format(d=day.day, m=name, y=day.year)
    text += "" if time is None else f" {time:%H:%M}"
    (mention,) = find_dates(plain(f"Published: {text} | The Paper"))
    (reading,) = mention.readings
    assert reading.value == day.isoformat() + ("" if time is None else f"T{time:%H:%M}:00")
    assert reading.precision == ("day" if time is None else "minute")
    assert reading.zone == "unknown"


@given(DAYS, TIMES, st.sampled_from("./-"))
def test_a_numeric_date_has_the_reading_that_was_written(day: date, time: time | None, mark: str) -> None:
    text = f"{day:%d{mark}%m{mark}%Y}" + ("" if time is None else f", {time:%H:%M:%S}")
    (mention,) = find_dates(text)
    assert day.isoformat() + ("" if time is None else f"T{time:%H:%M:%S}") in [r.value for r in mention.readings]
    assert {reading.precision for reading in mention.readings} == {"day" if time is None else "second"}


@given(st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    for mention in find_dates(plain(text)):
        assert 0 <= mention.start < mention.end <= len(text)
