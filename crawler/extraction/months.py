"""Month names, as news pages write them, in the languages whose names do not contradict each other."""

from __future__ import annotations

import re

# One row a month: names and abbreviations in English, German, French, Italian, Spanish, Portuguese, Dutch,
# the Scandinavian languages, Finnish, Polish, Czech, Hungarian, Romanian, Turkish, Indonesian, Russian,
# Ukrainian, Greek, Arabic (both calendars' names for the Gregorian months), Persian (transliterated) and
# Hindi. In Croatian "listopad" is October, in Polish and Czech November: Croatian is left out.
_NAMES = (
    (
        "january jan januar jänner jaenner januari janvier janv gennaio gen enero ene janeiro "
        "tammikuuta tammikuu stycznia styczeń sty ledna leden január ianuarie ianuar ian ocak oca "
        "januarie января январь янв січня січень січ ιανουαρίου ιανουάριος ιαν يناير كانونالثاني "
        "ژانویه जनवरी"
    ),
    (
        "february feb februar februari février févr fév fevrier febbraio febrero fevereiro fev "
        "helmikuuta helmikuu lutego luty lut února únor február februarie şubat şub февраля февраль "
        "фев лютого лютий лют φεβρουαρίου φεβρουάριος φεβ فبراير شباط فوریه फरवरी फ़रवरी"
    ),
    (
        "march mar märz maerz mrz maart mrt mars marzo março marco marts maret maaliskuuta maaliskuu "
        "marca marzec března březen március márc martie mart марта март мар березня березень бер "
        "μαρτίου μάρτιος μαρ مارس آذار मार्च"
    ),
    (
        "april apr avril avr aprile abril abr huhtikuuta huhtikuu kwietnia kwiecień kwi dubna duben "
        "április ápr aprilie nisan nis апреля апрель апр квітня квітень кві απριλίου απρίλιος απρ "
        "أبريل ابريل نيسان آوریل अप्रैल"
    ),
    (
        "may mai maggio mag mayo maio mei maj toukokuuta toukokuu maja května květen május máj mayıs "
        "мая май травня травень тра μαΐου μάιος μαϊ مايو أيار مه मई"
    ),
    (
        "june jun juni juin giugno giu junio junho kesäkuuta kesäkuu czerwca czerwiec cze června "
        "červen június jún iunie iun haziran haz июня июнь июн червня червень чер ιουνίου ιούνιος "
        "ιουν يونيو حزيران ژوئن जून"
    ),
    (
        "july jul juli juillet juil luglio lug julio julho heinäkuuta heinäkuu lipca lipiec lip "
        "července červenec július júl iulie iul temmuz tem июля июль июл липня липень ιουλίου ιούλιος "
        "ιουλ يوليو تموز ژوئیه जुलाई"
    ),
    (
        "august aug août aout agosto ago augustus augusti elokuuta elokuu sierpnia sierpień sie srpna "
        "srpen augusztus agustus ağustos ağu августа август авг серпня серпень сер αυγούστου "
        "αύγουστος αυγ أغسطس اغسطس آب اوت अगस्त"
    ),
    (
        "september sep sept septembre settembre set septiembre setiembre setembro syyskuuta syyskuu "
        "września wrzesień wrz září szeptember szept septembrie eylül eyl сентября сентябрь сен сент "
        "вересня вересень вер σεπτεμβρίου σεπτέμβριος σεπ سبتمبر أيلول سپتامبر सितंबर सितम्बर"
    ),
    (
        "october oct oktober okt octobre ottobre ott octubre outubro out lokakuuta lokakuu "
        "października październik paź října říjen október octombrie ekim eki октября октябрь окт "
        "жовтня жовтень жов οκτωβρίου οκτώβριος οκτ أكتوبر اكتوبر اکتبر अक्टूबर अक्तूबर"
    ),
    (
        "november nov novembre noviembre novembro marraskuuta marraskuu listopada listopad lis "
        "listopadu noiembrie kasım kas ноября ноябрь ноя листопада листопад νοεμβρίου νοέμβριος νοε "
        "نوفمبر نوامبر नवंबर नवम्बर"
    ),
    (
        "december dec dezember dez décembre déc decembre dicembre dic diciembre dezembro joulukuuta "
        "joulukuu grudnia grudzień gru prosince prosinec decembrie aralık ara desember des декабря "
        "декабрь дек грудня грудень гру δεκεμβρίου δεκέμβριος δεκ ديسمبر دسامبر दिसंबर दिसम्बर"
    ),
)

MONTHS = {name: number for number, row in enumerate(_NAMES, 1) for name in row.split()}
MONTH_PATTERN = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
