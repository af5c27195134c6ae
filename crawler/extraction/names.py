"""Names of people in bylines."""

from __future__ import annotations

import re

from broadsheet.crawler.extraction.lines import collapse
from broadsheet.crawler.extraction.wording import BYLINE_WORD

_MAX_NAME = 60
_MAX_WORDS = 6
_MAX_TEXT = 320
# With addresses, brackets and white space, which go first; to look for those takes the square of the length.
_MAX_STATEMENT = 4000
_SPLIT = re.compile(
    r"\s*(?:;|\||/|•|·|\n|\s+(?:and|und|et|y|och|og|en|ja|и|та|ve|with|mit)\s+|\s*&\s*|"
    r"\s+(?=(?:记者|記者|通讯员|通訊員|编辑|編輯)\s*[:：]?\s*\S{2}))\s*",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*[,、،]\s*(?:and\s+|und\s+)?", re.IGNORECASE)
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|@\w+")
_BRACKETS = re.compile(r"\s*[(\[（][^)\]）]*[)\]）]\s*")
_JOB_TITLE = re.compile(
    r"\b(?:reporter|correspondent|editor|journalist|writer|columnist|contributor|author|staff|bureau|"
    r"chief|producer|analyst|photographer|"
    r"redakteur(?:in)?|korrespondent(?:in)?|reporterin|autor(?:in)?|chefredakt\w*|volontär(?:in)?|"
    r"redacteur|rédact\w+|correspondant\w*|envoyé\w*|giornalista|"
    r"inviat[oa]|corrispondente|redactor\w*|corresponsal|periodista|repórter|colunista|verslaggever|"
    r"journalistin|toimittaja|профессор|корреспондент|обозреватель|"
    r"journaliste?|freelance|senior|professor of|director|redaktor|dziennikarz|muhabir\w*|gazeteci)\b|記者|"
    r"特派員|기자|특파원|记者|編集委員",
    re.IGNORECASE,
)
# Job titles that stand before or behind a name, with a space or without.
_TITLE_BEFORE = re.compile(
    r"^(?:(?:本报|本報|本刊|本台|本网|特约|特約|见习|見習|实习|實習|首席|驻外)*(?:记者|記者|特派员|特派員|通讯员|通訊員|编辑|編輯|撰稿人?|评论员|評論員))"
    r"\s*[:：/／]?\s*(?=\S{2})"
)
_TITLE_BEHIND = re.compile(
    r"\s*(?:(?:선임|수석|인턴|객원)?(?:기자|특파원|논설위원)|記者|记者|特派員|特派员|編集委員|(?:摄影|綜合|综合)?(?:报道|報導))$"
)
_ORGANISATION = re.compile(
    r"\b(?:staff|team|desk|\w*redaktion|redazione|rédaction|redacción|redação|redactie|agenc\w+|newsroom|"
    r"editorial|news|service|\w*agentur|agence|ajansı|online|reporters|press|gazette|tribune|herald|magazin\w*|"
    r"newspaper|zeitung|nachrichten|\w*rundfunk|television|deutsche welle|universit\w+|foundation|institut\w*|"
    r"stiftung|verlag|gmbh|ltd|llc|inc|media|verein|verband|ministry|ministerium|department|company)\b|e\.\s?v\b|"
    r"^the\s|\w\.(?:com|org|net|info|tv|[a-z]{2})\b|通信|新聞|新闻|통신|신문",
    re.IGNORECASE,
)
_AGENCY = re.compile(
    r"(?:dpa|afp|apa|sda|epd|kna|sid|ap|rtr|reuters|efe|ansa|pa|upi|tass|xinhua|aap|belga|anp|ntb|ritzau|tt|stt|pap|"
    r"čtk|mti|ians|ani|pti|yonhap|kyodo|jiji|bernama|antara|anadolu|kathpress|erbol|télam|lusa|тасс|риа новости|"
    r"интерфакс|укринформ)(?:[-/ ][a-z]{2,12})?",
    re.IGNORECASE,
)
_AGENCY_BEHIND = re.compile(
    r"\s+(?:(?:the )?associated press|agence france-presse|press association|reuters|afp|dpa|ap)$", re.IGNORECASE
)
# What stands before a name besides a byline word: "Interview: ", "Zeige alle Beiträge von ".
_LABEL = re.compile(
    r"^.{0,40}\bas told to\s+|^(?:interview|reportage|kommentar|analyse|essay|video|gastbeitrag|opinion|comment|"
    r"text und fotos?|a)\s*:\s*|"
    r"^(?:ver(?:öffentlicht|fasst)|erstellt|eingestellt|created|submitted|geschrieben|zeige|alle|beiträge|"
    r"artikel|autorenseite|posts?|stories|articles|published|written|view|more|über|escribe|publié|scritto|pubblicato|posted)\b.{0,40}?"
    r"\b(?:von|by|par|di|por)\s+|^(?:über|about|escribe)\s+",
    re.IGNORECASE,
)
_BEHIND_NAME = re.compile(r"\s+(?:[-–—|]|in|aus|à|a|from|für|[Ff]or)\s+.*$")
_NO_NAME = re.compile(
    r"^(?:(?:this|the) (?:author|writer)|head of .*|cc-by.*|creative commons.*|contact .*|"
    r"admin(?:istrator)?|user|unknown|anonymous|none|null|undefined|n/?a|guest|root|webmaster|editor|"
    r"staff|author|redaktion|redaction|by|von|share|follow|"
    r"updated?|published|posted|read|view|more|profile|bio|online|print|contact|e-?mail|www|home)$|\d{3}|"
    r"[<>{}=_\\#]|\bmin(?:utes?)? read\b|^(?:view|show|see|zeige|zur|mehr|alle|photo(?:graph)?s?|foto|"
    r"fotos|bild|illustrations?|pictures?|images?|video|recent|updated|veröffentlicht)\b|"
    r"(?:stories|articles|beiträge|artikel|posts)$|\b(?:ago|vor \d+|follow|folgen)\b",
    re.IGNORECASE,
)


def split_names(text: str) -> list[str]:
    """The names in a byline.

    Args:
        text: A byline, as "By Ann Author and Bob Writer, Senior Editors".

    Returns:
        The names, without byline words, job titles, addresses and handles.
    """
    if len(text) > _MAX_STATEMENT:
        return []
    text = text.replace("\u00ad", "")
    text = _BRACKETS.sub(" ", _ADDRESS.sub(" ", collapse(text)))
    if len(text) > _MAX_TEXT:
        return []
    names: list[str] = []
    for piece in _SPLIT.split(BYLINE_WORD.sub("", text)):
        names += _by_comma(piece)
    return [name for name in map(_clean, names) if name]


def is_organisation(name: str) -> bool:
    """Whether a name is that of a newsroom, an agency or another organisation, by its words."""
    return _ORGANISATION.search(name) is not None or _AGENCY.fullmatch(name) is not None


def _by_comma(piece: str) -> list[str]:
    """Split at commas; they separate names, or a name from its job title or place."""
    parts = [part for part in _COMMA.split(piece) if part]
    if len(parts) <= 1:
        return parts
    return [
        parts[0],
        *(part for part in parts[1:] if looks_like_person(_clean(part)) and not _JOB_TITLE.search(part)),
    ]


def _clean(name: str) -> str:
    name = _LABEL.sub("", BYLINE_WORD.sub("", name))
    name = _BEHIND_NAME.sub("", name) if len(name.split()) > 2 else name
    name = _AGENCY_BEHIND.sub("", name) if len(name.split()) > 2 else name
    name = _TITLE_BEFORE.sub("", _TITLE_BEHIND.sub("", name))
    name = name.strip(" \t,.;:|-–—·•*\"“”„«»'’()[]")
    if name.isupper() and " " in name and name.isascii():
        name = name.title()
    return "" if _refused(name) else name


def _refused(name: str) -> bool:
    words = name.split()
    if not 2 <= len(name) <= _MAX_NAME or len(words) > _MAX_WORDS:
        return True
    if _NO_NAME.search(name):
        return True
    return len(words) > 1 and all(_JOB_TITLE.search(word) for word in words)


def looks_like_person(name: str) -> bool:
    """Two to five words that begin with capitals, or a short name in a script without them."""
    words = name.split()
    if not name or not name[0].isalpha():
        return False
    if not name[0].isupper() and not name[0].islower():
        return len(name) <= 40
    capitals = sum(word[0].isupper() for word in words)
    return 2 <= len(words) <= 5 and capitals >= 2 and words[0][0].isupper()
