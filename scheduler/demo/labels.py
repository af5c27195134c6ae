"""The few words around an article, in the language of the article."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Labels(Struct, frozen=True, kw_only=True):
    """Captions of buttons and boxes; `date` and `comments` are format strings, `months` parted by spaces."""

    months: str
    date: str = "{day} {month} {year}, {clock}"
    by: str
    published: str
    updated: str
    share: str
    most_read: str
    comments: str
    related: str
    photo: str
    cookies: str
    accept: str

    def moment(self, moment: datetime) -> str:
        """Return a date and time to the minute as a reader of this language expects it."""
        month = self.months.split()[moment.month - 1]
        return self.date.format(day=moment.day, month=month, year=moment.year, clock=f"{moment:%H:%M}")


LABELS = {
    "en": Labels(
        months="January February March April May June July August September October November December",
        by="By",
        published="Published",
        updated="Updated",
        share="Share this story",
        most_read="Most read",
        comments="{count} readers have commented. Join the conversation",
        related="More on this subject",
        photo="Photo",
        cookies="We use two cookies: one remembers your edition, the other that you have read this.",
        accept="Fine by me",
    ),
    "de": Labels(
        months="Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        date="{day}. {month} {year}, {clock} Uhr",
        by="Von",
        published="Veröffentlicht am",
        updated="Aktualisiert am",
        share="Artikel teilen",
        most_read="Meistgelesen",
        comments="{count} Leser haben kommentiert. Diskutieren Sie mit",
        related="Mehr zum Thema",
        photo="Foto",
        cookies="Wir verwenden zwei Cookies, und keines davon krümelt.",
        accept="Einverstanden",
    ),
    "fr": Labels(
        months="janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        date="{day} {month} {year} à {clock}",
        by="Par",
        published="Publié le",
        updated="Mis à jour le",
        share="Partager l’article",
        most_read="Les plus lus",
        comments="{count} lecteurs ont réagi. Participez à la discussion",
        related="Sur le même sujet",
        photo="Photo",
        cookies="Nous utilisons deux cookies, tous deux discrets.",
        accept="D’accord",
    ),
    "it": Labels(
        months="gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        date="{day} {month} {year}, ore {clock}",
        by="di",
        published="Pubblicato il",
        updated="Aggiornato il",
        share="Condividi l’articolo",
        most_read="I più letti",
        comments="{count} lettori hanno commentato. Partecipa alla discussione",
        related="Sullo stesso tema",
        photo="Foto",
        cookies="Usiamo due cookie, entrambi leggeri.",
        accept="Va bene",
    ),
    "es": Labels(
        months="enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        date="{day} de {month} de {year}, {clock}",
        by="Por",
        published="Publicado el",
        updated="Actualizado el",
        share="Compartir la noticia",
        most_read="Lo más leído",
        comments="{count} lectores han comentado. Únase a la conversación",
        related="Sobre el mismo tema",
        photo="Foto",
        cookies="Usamos dos cookies y ninguna engorda.",
        accept="De acuerdo",
    ),
    "ru": Labels(
        months="января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        date="{day} {month} {year}, {clock}",
        by="Автор:",
        published="Опубликовано",
        updated="Обновлено",
        share="Поделиться статьёй",
        most_read="Самое читаемое",
        comments="Комментариев: {count}. Присоединяйтесь к разговору",
        related="Ещё по теме",
        photo="Фото",
        cookies="Мы храним два файла cookie и больше ничего.",
        accept="Согласен",
    ),
    "ar": Labels(
        months="يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
        by="بقلم",
        published="نُشر في",
        updated="حُدّث في",
        share="شارك المقال",
        most_read="الأكثر قراءة",
        comments="علّق {count} من القراء. شارك في النقاش",
        related="في الموضوع نفسه",
        photo="تصوير",
        cookies="نستخدم ملفين صغيرين لتذكر طبعتك.",
        accept="موافق",
    ),
    "ja": Labels(
        months="1 2 3 4 5 6 7 8 9 10 11 12",
        date="{year}年{month}月{day}日 {clock}",
        by="文・",
        published="公開",
        updated="更新",
        share="この記事を共有",
        most_read="よく読まれている記事",
        comments="コメント{count}件。会話に参加する",
        related="関連記事",
        photo="写真",
        cookies="このサイトは二つのクッキーを使います。",
        accept="了解",
    ),
}
