"""Dates in other calendars than the Gregorian one, as days of the Gregorian one.

- Solar Hijri (Iran, Afghanistan): the arithmetic calendar of 33-year cycles, which agrees with the astronomical one
  from 1178 to 1633 (1799 to 2254).
- Buddhist (Thailand): the Gregorian year and 543.
- Japanese eras, and the years of the Republic in Taiwan: the year of the era and its offset.
- Lunar Hijri: the Umm al-Qura calendar of Saudi Arabia, from its published month lengths for 1400 to 1460 (1979 to
  2039). Elsewhere a month can begin a day earlier or later.
"""

from __future__ import annotations

from datetime import date

from broadsheet.crawler.extraction.dates.months import alternatives, names_of

# Iranian names, then those of Afghanistan.
_SOLAR_HIJRI_NAMES = (
    "فروردین فروردين حمل", "اردیبهشت ارديبهشت ثور", "خرداد جوزا", "تیر تير سرطان", "مرداد اسد", "شهریور شهريور سنبله",
    "مهر میزان ميزان", "آبان عقرب", "آذر قوس", "دی دي جدی", "بهمن دلو", "اسفند حوت",
)  # fmt: skip
_LUNAR_HIJRI_NAMES = (
    "محرم المحرم", "صفر", "ربيع_الأول ربيع_الاول ربیع_الاول", "ربيع_الآخر ربيع_الثاني ربیع_الثانی",
    "جمادى_الأولى جمادى_الاولى جمادی_الاول", "جمادى_الآخرة جمادى_الثانية جمادی_الثانی", "رجب", "شعبان", "رمضان",
    "شوال", "ذو_القعدة ذي_القعدة ذوالقعدة ذیقعده", "ذو_الحجة ذي_الحجة ذوالحجة ذیحجه",
)  # fmt: skip
SOLAR_HIJRI_MONTHS = names_of(_SOLAR_HIJRI_NAMES)
SOLAR_HIJRI_PATTERN = alternatives(SOLAR_HIJRI_MONTHS)
LUNAR_HIJRI_MONTHS = names_of(_LUNAR_HIJRI_NAMES)
LUNAR_HIJRI_PATTERN = alternatives(LUNAR_HIJRI_MONTHS)

# What is added to the year of an era.
ERAS = {
    "令和": 2018,
    "平成": 1988,
    "昭和": 1925,
    "大正": 1911,
    "明治": 1867,
    "中華民國": 1911,
    "民國": 1911,
    "民国": 1911,
}

_BUDDHIST = 543
_BUDDHIST_YEARS = range(2400, 2700)
_SOLAR_HIJRI_YEARS = range(1300, 1430)
_LUNAR_HIJRI_YEARS = range(1400, 1461)
_SOLAR_HIJRI_EPOCH = (
    226894  # The ordinal of the day before 1 Farvardin 1, counted back from 1 Farvardin 1403, 20 March 2024.
)
_FIRST_OF_1400 = date(1979, 11, 20).toordinal()
# One bit a month from the lowest, set for a month of 30 days.
_LUNAR_HIJRI_LENGTHS = [int(year, 16) for year in (
    "d4b 52a a57 4ae 976 56c b55 aaa a55 4ad 95d 2da 5d9 db2 ba4 b4a a55 2b5 575 b6a bd2 bc4 b89 a95 52d 5ad b6a 6d4 "
    "dc9 d92 aa6 956 2ae 56d 36a b55 aaa 94d 49d 95d 2ba 5b5 5aa d55 a9a 92e 26e 55d ada 6d4 6a5 54b a97 54e aae 5ac "
    "ba9 d92 b25 64b cab"
).split()]  # fmt: skip


def gregorian_year(year: int) -> int:
    """The Gregorian year of a number that stands with Gregorian months: Thai pages count from 543 BC."""
    return year - _BUDDHIST if year in _BUDDHIST_YEARS else year


def is_solar_hijri(year: int) -> bool:
    """Whether a number in a numeric date is a year of the solar Hijri calendar (1921 to 2051)."""
    return year in _SOLAR_HIJRI_YEARS


def from_solar_hijri(year: int, month: int, day: int) -> date | None:
    """The Gregorian day of a solar Hijri one; None where there is no such day."""
    leap = (25 * year + 11) % 33 < 8
    length = 31 if month <= 6 else 30 if month < 12 or leap else 29
    if not (1 <= month <= 12 and 1 <= day <= length and 1178 <= year <= 1633):
        return None
    passed = year - 1
    leaps = passed // 33 * 8 + sum((25 * y + 11) % 33 < 8 for y in range(passed // 33 * 33 + 1, year))
    before = 31 * min(month - 1, 6) + 30 * max(month - 7, 0)
    return date.fromordinal(_SOLAR_HIJRI_EPOCH + 365 * passed + leaps + before + day)


def from_lunar_hijri(year: int, month: int, day: int) -> date | None:
    """The Gregorian day of a lunar Hijri one, Umm al-Qura; None where there is no such day or no table of its year."""
    if year not in _LUNAR_HIJRI_YEARS or not 1 <= month <= 12:
        return None
    index = year - _LUNAR_HIJRI_YEARS.start
    lengths = [29 + (bits >> place & 1) for bits in _LUNAR_HIJRI_LENGTHS[: index + 1] for place in range(12)]
    passed = 12 * index + month - 1
    if not 1 <= day <= lengths[passed]:
        return None
    return date.fromordinal(_FIRST_OF_1400 + sum(lengths[:passed]) + day - 1)
