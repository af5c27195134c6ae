"""Times told from the moment of the capture: "3 hours ago", "gestern um 14:30".

What is meant lies between two moments ("3 hours ago": from four hours ago to three), and the date says no more than
both have in common: the day for minutes, hours and days, mostly the month for weeks. A minute would be another one at
every capture, and make versions of an article that did not change. The days are those of UTC, since a page does not
tell the zone of its "today".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from broadsheet.storage.model import Date

_UNITS = {
    "minute": (
        "min(?:ut)?(?:e|es|en|s|os|i|o|er|a|uttia)?|m|dakika|dk|минут[аыу]?|мин|хвилин[аиу]?|λεπτ(?:ά|ό)|minut[ay]?|"
        "minutę|perc(?:cel|e)?|دقيقة|دقائق|دقیقه|דקות|मिनट|মিনিট|分钟|分鐘|分|분|menit|phút|นาที"
    ),
    "hour": (
        "hours?|hrs?|h|stunden?|std|heures?|horas?|or[ae]|uur|uren|timer?|tim(?:me|mar)|tunti?a?|godzin[aęy]?|"
        "hodin(?:ou|ami|y|u)?|órá(?:val|ja)|saat|час(?:а|ов)?|годин[аиу]?|ώρ(?:ες|α)|ساعة|ساعات|ساعت|שעות|घंटे?|ঘণ্টা|"
        "小时|小時|時間|시간|jam|giờ|ชั่วโมง|ore"
    ),
    "day": (
        "days?|d|tag(?:e|en)?|jours?|d[ií]as?|giorn[io]|dag(?:en|er|e|ar)?|päivää?|dni|dzień|dn(?:y|em)|nap(?:pal|ja)?|"
        "zile|zi|gün|дн(?:я|ей|ів|і)|день|ημέρ(?:ες|α)|يوم|أيام|روز|ימים|दिन|দিন|天|日|일|hari|ngày|วัน"
    ),
    "week": (
        "weeks?|wochen?|semaines?|semanas?|settiman[ae]|we(?:ek|ken)|uker?|ugers?|vecko?r?|viikkoa?|"
        "tygodni[ea]?|týdn(?:y|em)|недел[июья]|тиж(?:день|ні|нів)|hafta|εβδομάδ(?:ες|α)|أسابيع|أسبوع|هفته|"
        "周|週間|週|주|minggu|tuần|สัปดาห์"
    ),
}
_SPANS = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1),
}  # fmt: skip
_UNIT = "|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items())
_UNIT_AFTER = _UNIT.replace("P<", "P<after_")
_BEFORE = r"vor|il y a|hace|há|πριν(?: από)?|منذ|قبل|před|acum|לפני"
_AFTER = (
    r"ago|fa|atrás|geleden|siden|sedan|sitten|temu|назад|тому|önce|πριν|پیش|पहले|আগে|前|전|"
    r"(?:yang )?lalu|trước|ที่แล้ว|ezelőtt"
)
_AGO = re.compile(
    rf"(?<!\w)(?:(?:{_BEFORE})\s+(?P<before>\d{{1,3}})\s?(?:{_UNIT})(?!\w)"
    rf"|(?P<after>\d{{1,3}})\s?(?:{_UNIT_AFTER})\.?\s?(?:{_AFTER})(?!\w))",
    re.IGNORECASE,
)
_DAYS = {
    0: "today|heute|aujourd['’]hui|hoy|oggi|hoje|vandaag|i ?dag|tänään|dziś|dzisiaj|dnes|ma|azi|bugün|сегодня|сьогодні|"
       "σήμερα|اليوم|امروز|आज|今天|今日|오늘|hari ini|hôm nay|วันนี้",
    1: "yesterday|gestern|hier|ayer|ieri|ontem|gisteren|i ?går|igår|eilen|wczoraj|včera|tegnap|dün|вчера|вчора|χθες|"
       "أمس|دیروز|कल|昨天|昨日|어제|kemarin|hôm qua|เมื่อวาน",
}  # fmt: skip
_DAY = re.compile(
    rf"(?<!\w)(?:(?P<today>{_DAYS[0]})|(?P<yesterday>{_DAYS[1]}))(?!\w)[\s,|•·–-]*(?:at|um|à|a las|alle|ore|às|om|"
    rf"kl\.?|klo|o|в|о|saat|στις)?\s*(?P<hour>[01]?\d|2[0-3])\s?[:.h]\s?(?P<minute>[0-5]\d)(?!\d)"
    r"\s*(?P<meridiem>[ap]\.?m\b)?",
    re.IGNORECASE,
)
_FORMATS = ((10, "day"), (7, "month"), (4, "year"))


def find_relative(text: str, captured_at: datetime) -> tuple[int, Date] | None:
    """Find the first time in a text that is told from the moment of the capture.

    Args:
        text: Visible text, its digits in ASCII.
        captured_at: When the page was fetched, aware.

    Returns:
        Where it begins, and the date as far as it is told; None where there is none.
    """
    match = _AGO.search(text)
    if match is not None:
        for name, span in _SPANS.items():
            if match[name] or match[f"after_{name}"]:
                count = int(match["before"] or match["after"])
                told = _between(captured_at - (count + 1) * span, captured_at - count * span, name)
                return (match.start(), told) if told is not None else None
    match = _DAY.search(text)
    if match is None:
        return None
    day = captured_at.astimezone(UTC).date() - timedelta(days=match["today"] is None)
    hour, meridiem = int(match["hour"]), (match["meridiem"] or "").lower()
    if meridiem and hour <= 12:
        hour = hour % 12 + (12 if meridiem.startswith("p") else 0)
    return match.start(), Date(
        value=f"{day.isoformat()}T{hour:02}:{match['minute']}:00", precision="minute", zone="unknown"
    )


def _between(earliest: datetime, latest: datetime, unit: str) -> Date | None:
    """What two moments have in common."""
    first, last = earliest.astimezone(UTC).isoformat(), latest.astimezone(UTC).isoformat()
    if unit == "day":
        # "2 days ago" counts days of the calendar.
        return Date(value=last[:10], precision="day", zone="unknown")
    for length, precision in _FORMATS:
        if first[:length] == last[:length]:
            return Date(value=last[:length], precision=precision, zone="unknown")  # type: ignore[arg-type]
    return None
