"""The patterns of dates and times of day, as machines and as people write them.

No repetition in them can match the same characters in two ways, so a search takes time linear in the text.
"""

from __future__ import annotations

import re

from broadsheet.crawler.extraction.dates.calendars import ERAS, LUNAR_HIJRI_PATTERN, SOLAR_HIJRI_PATTERN
from broadsheet.crawler.extraction.dates.months import MONTH_PATTERN, ROMAN_MONTHS
from broadsheet.crawler.extraction.dates.zones import ZONE, ZONE_IN_CAPITALS

STAMP = re.compile(
    rf"""
    (?P<year>\d{{4}}) (?:-?(?P<month>\d\d?) (?:-?(?P<day>\d\d?)
    (?:(?:T|\s+) (?P<hour>\d\d?) :?(?P<minute>\d\d) (?::?(?P<second>\d\d)(?:[.,:]\d+)?)?
    \s*{ZONE}? (?:\s*(?:utc|gmt))? )?)?)? (?:\[[\w/]+\])?
    """,
    re.IGNORECASE | re.VERBOSE,
)
EPOCH = re.compile(r"1\d{9}(?:\d{3})?")

# Years as written: Gregorian, Buddhist (25xx), solar and lunar Hijri (13xx, 14xx).
_YEAR = r"(?:1[6-9]|2[01]|2[56])\d\d(?!\d)"
_HIJRI_YEAR = r"1[34]\d\d(?!\d)"
# Marks on a letter are no letters to \w, but belong to the word.
_WORD_END = r"(?![^\W\d_]|[\u0900-\u0dff\u0e31-\u0e4e])"
# A year of two digits behind a month's name needs a hyphen, or Thai, which leaves the century out.
_SHORT_YEAR_BEHIND = r"(?<=[^\W\d_]-)|(?<=[\u0e00-\u0e7f][.\s])|(?<=[\u0e00-\u0e7f]\.\s)"
_WORD_START = r"(?<![^\W\d_])"
DATE = re.compile(
    rf"""
    (?<!\d) (?P<era>{"|".join(ERAS)})? (?P<cjk_year>{_YEAR}|(?<=[和平成治國国])(?:\d\d?\d?|元)(?!\d)) \s?[年년]\s?
        (?P<cjk_month>\d\d?) \s?[月월]\s? (?P<cjk_day>\d\d?) \s?[日일]
  | (?<![\d.]) (?P<iso_year>{_YEAR}|{_HIJRI_YEAR}) (?P<iso_mark>[-/.])\s? (?P<iso_month>\d\d?) (?P=iso_mark)\s?
        (?P<iso_day>\d\d?) (?!\d) (?:\.(?=\s?\d\d?:\d\d))?
  | (?<![\d.,]) (?P<first>\d\d?) \s?(?P<mark>[/.-])\s? (?P<second_number>\d\d?) \s?(?P=mark)\s?
        (?P<numeric_year>2[0156]\d\d(?!\d)|1[3-9]\d\d(?!\d|:\d\d)|\d\d(?!\d)|\d\d(?=[012]\d:\d\d))
  | (?<![\w.]) (?P<roman_day>\d\d?) (?P<roman_mark>[-./]|\.?\s) (?-i:(?P<roman_month>{"|".join(ROMAN_MONTHS)}))
        (?P=roman_mark) (?P<roman_year>{_YEAR})
  | (?<!\d) (?:(?P<year_first>{_YEAR})\.?\s+(?:gada|m\.)\s+)?
        (?P<day_before>\d\d?) (?:st|nd|rd|th|er|º|ª|°)?[.,]?[\s-]* (?:de\s|di\s|of\s|d['’]|ב|ng\s)?\s*
        (?P<month_after>{MONTH_PATTERN}) {_WORD_END} [.,]*[\s-]*(?:(?:de|del|of|din|do)\s)?\s*
        (?:(?:พ\.ศ\.\s?)?(?P<year_after>{_YEAR})|(?:['’]|{_SHORT_YEAR_BEHIND})(?P<short_year>\d\d)(?![\d:.]))?
  | (?<!\d) (?:(?P<year_before>{_YEAR})\.?\s+(?:m\.\s+)?)? {_WORD_START} (?P<month_before>{MONTH_PATTERN}) {_WORD_END}
        \.?\s* (?P<day_after>\d\d?) (?![\d:]|[/.]\d) (?:st|nd|rd|th|\.)?
        (?:(?:\s*[,/]\s*|\s+) (?P<year_last>{_YEAR}))?
  | (?<!\d) (?P<vi_day>\d\d?) \s+tháng\s+ (?P<vi_month>\d\d?) [,\s]+(?:năm\s+)? (?P<vi_year>\d{{4}})
  | (?<!\d) (?P<hijri_day>\d\d?) \s+ (?:(?P<solar_month>{SOLAR_HIJRI_PATTERN})|(?P<lunar_month>{LUNAR_HIJRI_PATTERN}))
        {_WORD_END} [\s,]+ (?:سال\s+|عام\s+)? (?P<hijri_year>{_HIJRI_YEAR})
    """,
    re.IGNORECASE | re.VERBOSE,
)
CLOCK = rf"""
    (?:(?P<half>오전|오후|上午|下午|午前|午後|凌晨|早上|中午|晚上)\s*)? (?P<hour>[01]?\d|2[0-4])
    (?:
        \s?(?:[:.]|h|u|Uhr|時|时|시|點|点)\s? (?P<minute>[0-5]\d|\d(?=\s?[分분]))
        (?:\s?[:.]\s?(?P<second>[0-5]\d)(?:\.\d+)?)? (?:\s?[분分])? (?!\d)
      | (?<=\d\d) (?P<bare_minute>[0-5]\d) (?=\s?(?:hrs?\b|hours\b|{ZONE_IN_CAPITALS}))
      | (?=\s?[ap]\.?m\b)
      | (?=\s?(?:Uhr|時|时|시)(?!\w))
    )
    \s*(?P<meridiem>[ap]\.?\s?m\b\.?|[πμ]\.?\s?μ\b\.?|[قب]\.?ظ|ص(?!\w)|م(?!\w)|صباح[اًا]+|مساءً?)?
    (?:\s*(?:(?:Uhr|h|hrs?|hours)(?![^\W\d_])|น\.|บ\.))?
    (?:\s*\(?{ZONE}\)?)?
"""
TIME_AFTER = re.compile(
    rf"""
    (?:\s*\([^()\d]{{1,12}}\))? (?:\s?(?:г(?:ода?)?|р(?:оку)?|d|г|هـ?|ه‍|م)\.?(?!\w))? [\s,;|·•–—\-/():]*
    (?:(?<=\d)T(?=\d)
      |\b(?:at|um|à|alle|ore|ora|h|o|a\s+las|às|as|kl|klo|в|о|ob|u|om|saat|godz|pukul|jam|ve|v|เวลา|الساعة|ساعت|στις)
        (?!\w)\.?:?\s*)?
    {CLOCK}
    """,
    re.IGNORECASE | re.VERBOSE,
)
TIME_BEFORE = re.compile(
    rf"""
    (?<![\d.:]) {CLOCK} [\s,;|·•–—\-()]* (?:\b(?:on|am|le|el|del|il)\b\s*)?
    (?:[^\W\d_]{{2,12}}\.?,?\s+)? $  # a weekday
    """,
    re.IGNORECASE | re.VERBOSE,
)
