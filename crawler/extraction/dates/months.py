"""Month names, as news pages write them, in the languages whose names do not contradict each other.

Croatian "listopad" is October where Polish and Czech mean November, and is read as November.
"""

from __future__ import annotations

import re

# One row a month, its names and abbreviations, "_" for the space inside a name. The languages: English, German, French,
# Italian, Spanish, Portuguese, Catalan, Dutch, the Scandinavian and Baltic languages, Finnish, Estonian, Icelandic,
# Polish, Czech, Slovak, Hungarian, Romanian, Slovene, Croatian, Serbian, Macedonian, Bulgarian, Albanian, Turkish,
# Azerbaijani, Indonesian, Malay, Filipino, Swahili, Russian, Ukrainian, Belarusian, Greek, Georgian, Armenian, Hebrew,
# Arabic of Egypt, Levant and Maghreb, Persian, Urdu, Hindi, Marathi, Nepali, Bengali, Tamil, Telugu and Thai.
_NAMES = (
    (
        "january jan januar jänner jaenner januari janvier janv gennaio gen enero ene janeiro gener xaneiro "
        "tammikuuta tammikuu stycznia styczeń sty ledna leden január januára ianuarie ianuar ian ocak oca januarie "
        "jaanuar janvāris janvārī sausio januarja siječnja siječanj januara janar yanvar janúar enero januari "
        "января январь янв січня січень січ студзеня януари јануари јануар јануара ιανουαρίου ιανουάριος ιαν "
        "იანვარი იან հունվարի ינואר يناير كانون_الثاني جانفي ژانویه ژانويه جنوری जनवरी जानेवारी জানুয়ারি "
        "জানুয়ারি জানুয়ারী ஜனவரி జనవరి มกราคม ม.ค"
    ),
    (
        "february feb februar februari feber février févr fév fevrier febbraio febrero fevereiro fev febrer "
        "helmikuuta helmikuu lutego luty lut února únor február februára februarie şubat şub veebruar februāris "
        "februārī vasario februarja veljače veljača februara shkurt fevral febrúar pebrero "
        "февраля февраль фев лютого лютий лют февруари фебруари фебруар фебруара φεβρουαρίου φεβρουάριος φεβ "
        "თებერვალი თებ փետրվարի פברואר فبراير شباط فيفري فوریه فوريه فروری फरवरी फ़रवरी फेब्रुवारी ফেব্রুয়ারি "
        "ফেব্রুয়ারি ফেব্রুয়ারী பிப்ரவரி ఫిబ్రవరి กุมภาพันธ์ ก.พ"
    ),
    (
        "march mar märz maerz mrz maart mrt mars marzo março marco marts maret maaliskuuta maaliskuu marca marzec "
        "března březen március márc martie mart març märts martā kovo ožujka ožujak marta mac marso machi "
        "марта март мар березня березень бер сакавіка μαρτίου μάρτιος μαρ მარტი მარ մարտի מרץ מרס "
        "مارس آذار مارچ मार्च মার্চ மார்ச் మార్చి มีนาคม มี.ค"
    ),
    (
        "april apr avril avr aprile abril abr huhtikuuta huhtikuu kwietnia kwiecień kwi dubna duben április ápr "
        "apríl apríla aprilie nisan nis aprill aprīlis aprīlī balandžio aprila travnja travanj prill aprel aprili "
        "апреля апрель апр квітня квітень кві красавіка април априла απριλίου απρίλιος απρ აპრილი აპრ ապրիլի אפריל "
        "أبريل ابريل إبريل نيسان أفريل آوریل آوريل اپریل अप्रैल अप्रेल एप्रिल এপ্রিল ஏப்ரல் ఏప్రిల్ เมษายน เม.ย"
    ),
    (
        "may mai maggio mag mayo maio mei maj maig toukokuuta toukokuu maja května květen május máj mája mayıs "
        "maijs maijā gegužės svibnja svibanj mayıs maí mayo "
        "мая май травня травень тра траўня мај маја μαΐου μαίου μάιος μαϊ მაისი მაი մայիսի מאי "
        "مايو أيار ماي مه مئی मई मे মে மே మే พฤษภาคม พ.ค"
    ),
    (
        "june jun juni juin giugno giu junio junho juny kesäkuuta kesäkuu czerwca czerwiec cze června červen június "
        "júna júní iunie iun haziran haz juuni jūnijs jūnijā birželio junija lipnja lipanj juna qershor iyun hunyo "
        "июня июнь июн червня червень чер чэрвеня юни јуни јун јуна ιουνίου ιούνιος ιουν ივნისი ივნ հունիսի יוני "
        "يونيو حزيران جوان ژوئن جون जून জুন ஜூன் జూన్ มิถุนายน มิ.ย"
    ),
    (
        "july jul juli juillet juil luglio lug julio julho juliol heinäkuuta heinäkuu lipca lipiec lip července "
        "červenec július júla júlí iulie iul temmuz tem juuli jūlijs jūlijā liepos julija srpnja srpanj jula korrik "
        "iyul hulyo julai июля июль июл липня липень ліпеня юли јули јул јула ιουλίου ιούλιος ιουλ ივლისი ივლ "
        "հուլիսի יולי يوليو تموز جويلية يوليوز ژوئیه ژوئيه جولائی जुलाई जुलै জুলাই ஜூலை జులై జూలై กรกฎาคม ก.ค"
    ),
    (
        "august aug août aout agosto ago augustus augusti agost elokuuta elokuu sierpnia sierpień sie srpna srpen "
        "augusztus augusta agustus ağustos ağu augusts augustā rugpjūčio avgusta avgust kolovoza kolovoz gusht "
        "avqust ágúst agosti ogos августа август авг серпня серпень сер жніўня αυγούστου αύγουστος αυγ აგვისტო აგვ "
        "օգոստոսի אוגוסט أغسطس اغسطس آب أوت غشت اوت اگست अगस्त ऑगस्ट আগস্ট ஆகஸ்ட் ఆగస్టు สิงหาคม ส.ค"
    ),
    (
        "september sep sept septembre settembre set septiembre setiembre setembro setembre syyskuuta syyskuu "
        "września wrzesień wrz září szeptember szept septembra septembrie eylül eyl septembris septembrī rugsėjo "
        "rujna rujan septembar shtator sentyabr setyembre septemba "
        "сентября сентябрь сен сент вересня вересень вер верасня септември септембар септембра σεπτεμβρίου "
        "σεπτέμβριος σεπ სექტემბერი სექ սեպտեմբերի ספטמבר سبتمبر أيلول شتنبر سپتامبر ستمبر सितंबर सितम्बर सप्टेंबर "
        "সেপ্টেম্বর செப்டம்பர் సెప్టెంబర్ กันยายน ก.ย"
    ),
    (
        "october oct oktober okt octobre ottobre ott octubre outubro out lokakuuta lokakuu października "
        "październik paź října říjen október októbra octombrie ekim eki oktoober oktobris oktobrī spalio oktobra "
        "oktobar tetor oktyabr oktubre oktoba октября октябрь окт жовтня жовтень жов кастрычніка октомври октобар "
        "октобра οκτωβρίου οκτώβριος οκτ ოქტომბერი ოქტ հոկտեմբերի אוקטובר أكتوبر اكتوبر تشرين_الأول تشرين_الاول "
        "اکتبر اكتبر اکتوبر अक्टूबर अक्तूबर ऑक्टोबर অক্টোবর அக்டோபர் అక్టోబర్ ตุลาคม ต.ค"
    ),
    (
        "november nov novembre noviembre novembro marraskuuta marraskuu listopada listopad lis listopadu "
        "noiembrie kasım kas novembris novembrī lapkričio novembra studenoga studenog studeni novembar nëntor noyabr "
        "nóvember nobyembre novemba ноября ноябрь ноя листопада листопад лістапада ноември новембар новембра "
        "νοεμβρίου νοέμβριος νοε ნოემბერი ნოე նոյեմբերի נובמבר نوفمبر تشرين_الثاني نونبر نوامبر نومبر नवंबर नवम्बर "
        "नोव्हेंबर নভেম্বর நவம்பர் నవంబర్ พฤศจิกายน พ.ย"
    ),
    (
        "december dec dezember dez décembre déc decembre dicembre dic diciembre dezembro desembre joulukuuta "
        "joulukuu grudnia grudzień gru prosince prosinec decembrie aralık ara desember des detsember decembris "
        "decembrī gruodžio decembra prosinca decembar dhjetor dekabr disyembre desemba disember декабря декабрь дек "
        "грудня грудень гру снежня декември децембар децембра δεκεμβρίου δεκέμβριος δεκ დეკემბერი დეკ դեկտեմբերի "
        "דצמבר ديسمبر كانون_الأول كانون_الاول دجنبر دسامبر دسمبر दिसंबर दिसम्बर डिसेंबर ডিসেম্বর டிசம்பர் డిసెంబర్ "
        "ธันวาคม ธ.ค"
    ),
)


def names_of(rows: tuple[str, ...]) -> dict[str, int]:
    """The number of each name: rows in order, names apart by spaces, "_" for the space inside one."""
    return {name.replace("_", " "): number for number, row in enumerate(rows, 1) for name in row.split()}


def alternatives(names: dict[str, int]) -> str:
    """A pattern for all names, which turns most texts down after one character: names that begin alike share it."""
    return _branches(sorted(names, key=len, reverse=True))


def _branches(names: list[str]) -> str:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name[:1], []).append(name[1:])
    optional = groups.pop("", None) is not None
    branches = [re.escape(first) + _branches(rests) for first, rests in groups.items()]
    if not branches:
        return ""
    pattern = branches[0] if len(branches) == 1 and not optional else f"(?:{'|'.join(branches)})"
    return pattern + "?" if optional else pattern


MONTHS = names_of(_NAMES)
MONTH_PATTERN = alternatives(MONTHS)

# As in "10 VI 2016", from December down to January: the longer ones begin with shorter ones.
ROMAN_MONTHS = ("XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I")
