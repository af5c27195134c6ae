"""The words of lines that stand in the column of an article and are not part of what it tells.

Whom to write to, who helped, where it was printed, what the publisher earns by its links, a placeholder for something
from another site. Each pattern names the function of a line, in the languages most news pages are in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from broadsheet.crawler.extraction.wording import says

# What stands anywhere in a line.
_ANYWHERE = (
    r"\b(?:can|may) be (?:reached|contacted) (?:at|on|by)\b"
    r"|\bfollow (?:him|her|them|us|me|@?\w+(?: \w+)?) on (?:x\b|twitter|facebook|instagram|threads|bluesky|linkedin)"
    r"|\bif you have a (?:news )?tip\b"
    r"|(?:suivez|sigue|segui|siga|folgen sie|volg) .{2,40} (?:sur|en|su|no|auf|op) (?:x\b|twitter|facebook|instagram)"
    r"|\b(?:earn|receive|get) (?:(?:a|an|some) )?(?:small )?(?:affiliate |referral )?(?:commissions?|compensation)\b"
    r"|\baffiliate (?:partnerships?|commissions?|links?)\b"
    r"|\bindependently (?:selected|chosen|reviewed) by\b"
    r"|affiliate-links?|als amazon-partner|provisions-?links?"
)
# Each line that the pattern above matches holds one of these: looking for them first costs a tenth.
_WORDS_ANYWHERE = (
    "reached", "contacted", "follow", "tip", "suivez", "sigue", "segui", "siga", "folgen sie", "volg", "commission",
    "compensation", "affiliate", "independently", "amazon-partner", "provision",
)  # fmt: skip
# What a line begins with.
_CONTACT = (
    r"(?:follow|contact|e-?mail|write to|reach) (?:\S+ ){1,6}(?:at|on) "
    r"\S*(?:@|twitter|facebook|instagram|bluesky|threads)"
    r"|(?:do you )?have a (?:news |story )?tip\b|got a (?:story|tip)\b"
    r"|(?:send|drop|e-?mail) us (?:your|a|an) (?:tip|story|e-?mail|feedback)"
    r"|(?:schreiben sie|senden sie|schicken sie) .{2,60}@\S+\.\w+"
)
_CONTRIBUTED = (
    r"(?:with |and )?additional report(?:ing|age) (?:by|from)\b|\(?reporting by .{3,120}editing by\b"
    r"|.{3,140}\bcontributed (?:to this|reporting)\b(?: \w+)?(?: .{0,40})?$"
    r"|(?:mit (?:informationen|material|agenturmaterial) (?:von|der|des|aus)|mit agenturen)\b"
    r"|(?:avec (?:l['’])?(?:afp|reuters|agences?)|con informaci[óo]n de|com informações d[aeo]) .{0,60}$"
)
_PRINTED = (
    r"(?:this|the) (?:article|story|piece|column|interview)(?: was| has)?(?: \w+ly)? (?:will )?"
    r"(?:appear(?:s|ed)?|ran) in (?:the|our|print)\b.{0,90}(?:edition|issue|section|newspaper|magazine)"
    r"|this story will appear in\b"
)
_PLACEHOLDER = (
    r"(?:an dieser stelle (?:finden sie|befindet sich|ist)|hier (?:finden sie|befindet sich) .{0,30}extern|"
    r"ich bin damit einverstanden, dass|empfohlener (?:redaktioneller|externer) inhalt|externer inhalt|"
    r"(?:link )?zum (?:youtube|twitter|instagram|facebook|x|tiktok)-?inhalt|ein klick für den datenschutz|"
    r"(?:this|the) (?:content|video|post) (?:is not available|cannot be (?:shown|displayed)|could not be loaded)|"
    r"to (?:view|see|display) this (?:content|video|post),? (?:please )?(?:accept|enable|update|change)|"
    r"(?:pour|afin de) (?:afficher|voir) ce contenu|ce contenu est bloqué|contenido externo|contenuto esterno)"
)
_LABEL = (
    r"(?:advertisement|advertising|anzeige|werbung|publicité|pubblicità|publicidad|publicidade|reklam[ae]?|"
    r"advertentie|annons|annonse|mainos|реклама|إعلان|広告|广告|광고|story continues below.{0,30}|"
    r"article continues (?:below|after).{0,30}|continue reading below.{0,30})\W*$"
    r"|\d+ (?:of|/|von|sur|di|de|van|av|из) \d+\W*$"
    r"|(?:source|quelle|url|link|permalink|fonte|fuente|bron|adresse?|来源|來源|原文|출처) ?[:：] ?https?://\S+$"
    r"|(?:tags?|filed under|etiketler|etiquetas|schlag(?:wörter|worte)|stichwörter|mots[- ]clés|keywords?|"
    r"trefwoorden|теги|метки|標籤|标签|タグ) ?:.{0,80}$"
)
_OPINION = (
    r"(?:(?:did you )?(?:like|enjoy(?:ed)?) this (?:story|article|post)\b|"
    r"hat ihnen (?:dieser|der) (?:artikel|beitrag) gefallen|wie (?:hat ihnen|fanden sie) dieser (?:artikel|beitrag)|"
    r"durchschnittliche bewertung|ihre meinung ist uns wichtig|what(?:['’]s| is) your (?:view|take|opinion)\?|"
    r"(?:ti è piaciuto|te ha gustado|cet article vous a plu|vous avez aimé)\b)"
)
_AT_START = re.compile(
    rf"\W*(?:{_CONTACT}|{_CONTRIBUTED}|{_PRINTED}|{_PLACEHOLDER}|{_LABEL}|{_OPINION})", re.IGNORECASE
)
_IN_LINE = re.compile(_ANYWHERE, re.IGNORECASE)
_MAX_NOTE = 480
_INVITING = re.compile(
    r"sign(?:ing)? up|subscri|anmeld|abonn|informiert (?:sie|dich)|inscri|iscri|suscr|assin|inschrijv|prenumer|zapisz|"
    r"подпи|підпи",
    re.IGNORECASE,
)
_LIFE = re.compile(
    r"(?: \([^)]{1,40}\))?,? (?:is|was|are|has|covers|writes|reports|works|joined|"
    r"ist|war|arbeitet|schreibt|berichtet|leitet|"
    r"est|è|es|trabaja|escribe|é|werkt|schrijft|är|er)\b"
)
_MAX_LIFE = 900


def is_note(text: str) -> bool:
    """Whether a line of the column is about the article, its writer or the publisher, and tells nothing of it."""
    return len(text) <= _MAX_NOTE and _is_short_note(text)


@lru_cache(maxsize=1024)
def _is_short_note(text: str) -> bool:
    if _AT_START.match(text) is not None:
        return True
    lowered = text.lower()
    return any(word in lowered for word in _WORDS_ANYWHERE) and _IN_LINE.search(text) is not None


def is_invitation(text: str) -> bool:
    """Whether a line invites to a newsletter."""
    return len(text) <= _MAX_NOTE and says("newsletter", text) and _INVITING.search(text) is not None


def is_life(text: str, names: Iterable[str]) -> bool:
    """Whether a line tells who one of those that sign the article is."""
    if len(text) > _MAX_LIFE:
        return False
    return any(text.startswith(name) and _LIFE.match(text, len(name)) for name in names if " " in name)
