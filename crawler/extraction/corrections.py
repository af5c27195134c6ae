"""Notes of the publisher on what was corrected, added or updated in an article."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from broadsheet.crawler.extraction.dates.order import OrderEvidence, settle
from broadsheet.crawler.extraction.dates.text import find_dates, plain
from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.structured import Structured, as_list, as_text
from broadsheet.storage.model import Correction, Date

_LABEL = (
    r"corrections?|corrected|clarifications?|errat(?:um|a)|retraction|"
    r"korrektur|berichtigung|richtigstellung|korrigiert|"
    r"rectificatif|rectification|précision|correctif|"
    r"correcci[óo]n|fe de erratas?|fe de errores|rectificaci[óo]n|aclaraci[óo]n|"
    r"correzione|errata corrige|rettifica|correção|erramos|errata|"
    r"correctie|rectificatie|rettelse|rättelse|oikaisu|sprostowanie|oprava|helyesbítés|"
    r"исправление|поправка|уточнение|виправлення|düzeltme|διόρθωση|تصحيح|訂正|更正|정정|바로잡습니다"
)
_UPDATE = (
    r"update[ds]?|aktualisier(?:t|ung)|mise à jour|actualizaci[óo]n|aggiornamento|atualização|oppdatert|uppdaterad|"
    r"обновлено|дополнено"
)
_TEXT = (
    r"this (?:article|story|post|report|piece|page|column|headline) (?:was|has been|is being) (?:\w+ ){0,3}"
    r"(?:updated|amended|corrected|edited|revised|changed)"
    r"|an? (?:earlier|previous|original|prior) version of this (?:article|story|post|report|piece|column|headline)"
    r"|(?:dieser|der) (?:artikel|text|beitrag) wurde (?:.{0,60} )?"
    r"(?:aktualisiert|korrigiert|berichtigt|geändert|ergänzt)"
    r"|in einer (?:früheren|vorherigen|ersten) (?:version|fassung)"
    r"|wir haben (?:das|dies|den fehler|die stelle).{0,40}korrigiert"
    r"|cet article a été (?:mis à jour|modifié|corrigé|actualisé)"
    r"|une (?:version )?(?:précédente|première) (?:version )?de cet article"
    r"|(?:este|esta) (?:artículo|noticia|nota|información) (?:ha sido|fue) (?:actualizad|corregid|modificad)[oa]"
    r"|(?:en )?una versión (?:anterior|previa) de (?:este|esta)"
    r"|(?:in )?una (?:precedente )?versione (?:precedente )?di questo articolo"
    r"|questo articolo è stato (?:aggiornato|corretto|modificato)|(?:em )?uma versão anterior (?:deste|desta)"
    r"|(?:este|esta) (?:artigo|matéria|reportagem|notícia) foi (?:atualizad|corrigid|modificad)[oa]"
    r"|in een eerdere versie van dit|dit (?:artikel|bericht) is (?:aangepast|bijgewerkt|gecorrigeerd)"
    r"|i en (?:tidligere|tidigare) (?:versjon|version|utgave) av|artikkelen (?:er|ble) (?:oppdatert|rettet)"
    r"|w poprzedniej wersji|в (?:предыдущей|более ранней|первоначальной) версии"
)
_INTRODUCTION = r"(?:editor['’]?s? note|anmerkung der redaktion|note de la rédaction|n\.?d\.?l\.?r\.?)\W+"
_NOTE = re.compile(
    rf"^\W*(?:{_INTRODUCTION})?(?:(?:{_LABEL})\b[^.!?:：\-–—|】\]]{{0,50}}(?:[:：\-–—|】\]]|$)"
    rf"|(?P<updated>{_UPDATE})\b[^.!?:：]{{0,50}}[:：]\s+\S.{{30}}|(?:{_TEXT})\b)",
    re.IGNORECASE,
)
# What stands right before the date of a note, and not before one that the note speaks of.
_BEFORE_DATE = re.compile(
    rf"(?:{_LABEL}|{_UPDATE}|\b(?:updated|amended|corrected|edited|revised|changed|"
    r"mis à jour|modifié|corrigé|actualisé|"
    r"(?:actualizad|corregid|modificad|atualizad|corrigid)[oa]|aggiornato|corretto|modificato|aangepast|bijgewerkt|"
    r"oppdatert|rettet|wurde|uppdaterad))"
    r"[\s,(:：–-]*(?:on|at|am|vom|le|el|il|em|op|den|from|du|del)?\s*$",
    re.IGNORECASE,
)
_MIN_LENGTH, _MAX_LENGTH = 12, 1200
_BEHIND = 25
_SHORT, _SAYS_MORE = 40, 60


def is_correction(text: str) -> bool:
    """Whether a line is such a note, and says more than when the page was updated."""
    match = _NOTE.match(text) if _MIN_LENGTH <= len(text) <= _MAX_LENGTH else None
    if match is None or match["updated"] is None:
        return match is not None
    dated = sum(mention.end - mention.start for mention in find_dates(plain(text)))
    return len(text) - dated >= _SAYS_MORE


def read_corrections(
    structured: Structured, layout: Layout, dropped: Container[int], evidence: OrderEvidence
) -> list[Correction]:
    """Find the notes on a page, each once: those shown with the article, then those stated for machines only.

    Args:
        structured: What the page says for machines.
        layout: Where the article stands.
        dropped: Indices of the lines that belong to other fields.
        evidence: What the page offers for settling numeric dates.
    """
    found: dict[str, Correction] = {}
    for text in _shown(layout, dropped):
        found.setdefault(text, Correction(text=text, date=_date(text, evidence)))
    for value in as_list(structured.article.get("correction")):
        stated = value if isinstance(value, dict) else {"text": value}
        said = as_text(stated.get("text")) or as_text(stated.get("description"))
        if said and not any(said in shown or shown in said for shown in found):
            date = _date(as_text(stated.get("datePublished")) or said, evidence)
            found[said] = Correction(text=said, date=date)
    return list(found.values())


def _shown(layout: Layout, dropped: Container[int]) -> Iterator[str]:
    last = layout.body[1]
    for i in range(layout.headline + 1, min(last + _BEHIND, len(layout.lines))):
        line = layout.lines[i]
        if i in dropped or line.linked or line.zone.navigation or line.zone.comments or not is_correction(line.text):
            continue
        behind = layout.lines[i + 1] if i + 1 < len(layout.lines) else None
        if len(line.text) <= _SHORT and behind is not None and i + 1 not in dropped and not behind.linked:
            # The label is a line of its own.
            yield f"{line.text} {behind.text}" if len(behind.text) <= _MAX_LENGTH else line.text
        else:
            yield line.text


def _date(text: str, evidence: OrderEvidence) -> Date | None:
    """The day of a note, where it states one right behind its label or its verb."""
    folded = plain(text)
    for mention in find_dates(folded):
        before = folded[: mention.start]
        if mention.readings and (not before.strip() or _BEFORE_DATE.search(before)):
            return settle(mention.readings, evidence)
    return None
