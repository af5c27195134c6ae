from __future__ import annotations

from datetime import date

from broadsheet.crawler.extraction.dates.order import OrderEvidence, proved_order, settle
from broadsheet.crawler.extraction.dates.text import find_dates
from broadsheet.storage.model import Date

LATEST = date(2026, 11, 22)
(AMBIGUOUS,) = find_dates("06/10/2016, 09.12")


def settled(evidence: OrderEvidence) -> str:
    value = settle(AMBIGUOUS.readings, evidence)
    assert value is not None
    return value.value[:10]


def test_a_reading_after_the_capture_falls() -> None:
    assert settled(OrderEvidence(date(2016, 7, 1))) == "2016-06-10"


def test_no_reading_is_left_when_both_lie_after_the_capture() -> None:
    assert settle(AMBIGUOUS.readings, OrderEvidence(date(2016, 1, 1))) is None


def test_a_day_stated_elsewhere_settles_even_against_the_list() -> None:
    evidence = OrderEvidence(LATEST, stated=(date(2016, 10, 6),), named_days=((6, 8, None),), language="en-US")
    assert settled(evidence) == "2016-10-06"


def test_a_stated_day_may_be_off_by_one_as_zones_shift_it() -> None:
    assert settled(OrderEvidence(LATEST, stated=(date(2016, 6, 9),))) == "2016-06-10"


def test_a_date_in_the_same_role_proves_the_order() -> None:
    assert settled(OrderEvidence(LATEST, same_role="month-day", language="it")) == "2016-06-10"


def test_a_day_that_has_just_passed_settles_though_the_list_proves_the_other_order() -> None:
    evidence = OrderEvidence(LATEST, named_days=((6, 8, None),), language="it", other_role="day-month")
    assert settled(evidence) == "2016-06-10"


def test_a_named_day_with_a_far_year_settles_nothing() -> None:
    assert settled(OrderEvidence(LATEST, named_days=((6, 8, 1998),), language="de")) == "2016-10-06"


def test_a_named_day_near_both_readings_settles_nothing() -> None:
    (close,) = find_dates("05/06/2016")
    value = settle(close.readings, OrderEvidence(LATEST, named_days=((5, 20, None),), language="en-GB"))
    assert value is not None
    assert value.value == "2016-06-05"


def test_english_prose_that_writes_june_8_speaks_for_the_american_order() -> None:
    assert (
        settled(OrderEvidence(LATEST, spelled="month-day", language="en", url="https://a.example.it/")) == "2016-06-10"
    )


def test_the_region_of_the_language_tag_beats_the_spelling() -> None:
    assert settled(OrderEvidence(LATEST, spelled="month-day", language="en-GB")) == "2016-10-06"


def test_the_country_of_the_address_speaks_where_the_language_does_not() -> None:
    assert settled(OrderEvidence(LATEST, language="en", url="https://paper.example.uk/")) == "2016-10-06"


def test_the_list_speaks_for_the_header_only_where_nothing_else_does() -> None:
    evidence = OrderEvidence(LATEST, language="en", url="https://paper.example/", other_role="day-month")
    assert settled(evidence) == "2016-10-06"


def test_without_any_evidence_english_writes_the_month_first_and_others_the_day() -> None:
    assert settled(OrderEvidence(LATEST, language="en")) == "2016-06-10"
    assert settled(OrderEvidence(LATEST)) == "2016-10-06"


def test_the_twenty_ninth_of_february_is_named_in_years_that_have_none() -> None:
    assert settled(OrderEvidence(LATEST, named_days=((2, 29, None),), language="de")) == "2016-10-06"


def test_dates_that_prove_both_orders_prove_none() -> None:
    mentions = [*find_dates("20/10/2016"), *find_dates("10/21/2016")]
    assert proved_order(mentions) is None
    assert proved_order(mentions[:1]) == "day-month"


def test_a_date_with_one_reading_needs_no_evidence() -> None:
    only = Date(value="2016-06", precision="month", zone="unknown")
    assert settle([only], OrderEvidence(LATEST)) == only
