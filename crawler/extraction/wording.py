"""The words by which boxes, bars and labels of news pages are known, in the languages most of them are in.

Every pattern here names the function of a line ("read also", "subscribe", "print"), never a site.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from broadsheet.storage.model import BlockKind


def _any(*alternatives: str) -> str:
    return "|".join(alternatives)


_SEE_ALSO = _any(
    # English
    r"(?:see|read|watch) also|also read|related(?: (?:articles?|stor(?:y|ies)|news|content|posts?|links?|"
    r"coverage|reading|items?))?",
    r"(?:read|learn|find out) more(?: (?:on|about) this(?: (?:story|topic|subject))?| here)?|read (?:next|"
    r"this next)|(?:more )?on this (?:story|topic|subject)",
    r"more (?:stories )?(?:like this|on this(?: (?:story|topic|subject))?)|further reading|you (?:may|"
    r"might)(?: also)? (?:like|be interested in|want to read)(?: these)?",
    r"recommended(?: (?:for you|reading|stories|articles))?|don['’]?t miss(?: this| these)?|"
    r"similar (?:articles|stories|posts)|what to read next",
    # German
    r"lesen sie (?:auch|mehr|hier|dazu|jetzt|weiter)(?: (?:auch|mehr|dazu))?|lies auch|mehr (?:zum thema|"
    r"dazu|zu diesem thema|lesen)(?: (?:bei|auf) .{2,25})?|(?:siehe|sehen sie|hören sie) auch|"
    r"zum (?:selben |gleichen )?thema|auch (?:interessant|lesenswert)",
    r"das könnte (?:sie|dich|ihnen)(?: auch)? (?:interessieren|gefallen)|weitere (?:artikel|beiträge|"
    r"nachrichten|infos|informationen)(?: zum thema)?|verwandte (?:artikel|themen|beiträge)|"
    r"passend (?:dazu|zum thema)|ähnliche(?:s| artikel| beiträge| themen)?|mehr (?:über|zu) .{2,30}",
    # French
    r"(?:à |a )?lire (?:aussi|également|plus|la suite)(?: sur .{2,25})?|voir (?:aussi|également)|sur le même (?:sujet|"
    r"thème)|articles? (?:liés?|connexes?|similaires?|associés?)|pour aller plus loin|(?:plus|"
    r"en savoir plus) sur (?:le |ce )?(?:même )?sujet|à découvrir|vous aimerez aussi|en savoir plus",
    # Italian
    r"legg(?:i|ete) anche|ved(?:i|ere) anche|(?:articoli|notizie) correlat[ie]|correlati|"
    r"(?:ti )?potrebbe(?:ro)? (?:interessart?i|anche interessarti|interessare)(?: anche)?|"
    r"per approfondire|(?:gli )?approfondimenti|sullo stesso (?:argomento|tema)",
    # Spanish and Portuguese
    r"(?:lea|lee|leer|ver|vea|mir[ae]|veja|leia|ler|saiba)(?: (?:también|además|más|também|mais|"
    r"ainda))(?: sobre .{2,30})?|(?:te|le)? ?(?:puede|podría|pode) (?:interesar(?:te|le)?|interessar)|"
    r"(?:noticias?|artículos?|notas?|contenidos?|notícias?|artigos?|matérias?|conteúdos?) relacionad[oa]s?|"
    r"(?:te )?recomendamos|relacionad[oa]s?|también (?:te|le) puede interesar|sobre (?:este|o mesmo) (?:tema|assunto)",
    # Dutch and the Scandinavian languages, Finnish
    r"lees (?:ook|meer|verder)|zie ook|meer over(?: dit onderwerp| .{2,30})|gerelateerde?(?: (?:artikelen|"
    r"berichten|nieuws))?|ook interessant",
    r"l(?:es|æs|äs) (?:også|mere?|meir|också|även|vidare)(?: om .{2,30})?|se (?:også|också|även)|"
    r"relater(?:te|ede|ade)(?: (?:artikler|saker|artiklar|nyheter))?|lue (?:myös|lisää)|aiheesta (?:lisää|"
    r"muualla)",
    # Polish, Czech, Slovak, Hungarian, Romanian
    r"(?:prze)?czytaj (?:też|także|również|więcej)|zobacz (?:też|także|również|więcej)|"
    r"powiązane(?: artykuły| tematy)?|więcej na (?:ten )?temat|čtěte (?:také|též|více)|"
    r"přečtěte si(?: také)?|související(?: články| témata)?|mohlo by vás zajímat|čítajte (?:aj|tiež|viac)|"
    r"súvisiac[ei](?: články)?",
    r"(?:ezt is )?olvas(?:sa|d) el(?: ezt is)?|kapcsolódó(?: cikkek| cikk| anyagok)?|citi(?:ți|ţi|"
    r"te[șş]te) (?:și|şi|mai mult)|articole (?:similare|asemănătoare)",
    # Russian, Ukrainian, Greek, Turkish
    r"читайте (?:также|ещё|еще|також|подробнее)|(?:ещё |еще |материалы |новости )?по теме|(?:см\.|"
    r"смотрите) также|похожие(?: материалы| новости| статьи)?|за темою|дивіться також|διαβάστε (?:επίσης|"
    r"ακόμη|ακόμα|περισσότερα)|σχετικά(?: άρθρα| θέματα)?|ilgili (?:haber(?:ler)?|içerik(?:ler)?)|"
    r"benzer haberler|(?:bunu|bunlar[ıi]) da oku(?:yun)?",
    # Arabic, Persian, Hebrew, Hindi, Indonesian, Vietnamese
    r"[إا]?قر[أا](?: أيض[اًا]+| ايضا| المزيد|وا أيضا)|(?:مواضيع|أخبار|مقالات|موضوعات) (?:ذات صلة|متعلقة|"
    r"مشابهة)|ذات صلة|في الموضوع نفسه|بیشتر بخوانید|مطالب مرتبط|קראו גם|עוד בנושא|(?:यह|ये|इसे) भी (?:पढ़ें|पढ़े|देखें)|"
    r"संबंधित (?:खबरें|ख़बरें)|baca juga|artikel terkait|berita terkait|xem thêm|đọc thêm|"
    r"tin (?:liên quan|cùng chuyên mục)",
    # Chinese, Japanese, Korean
    r"相关(?:新闻|阅读|文章|报道|链接|推荐)?|延伸(?:阅读|閱讀)|推荐阅读|相關(?:新聞|文章|報導)|関連(?:記事|ニュース|リンク|トピックス|特集)?|あわせて読みたい|"
    r"こちらもおすすめ|(?:관련|연관) ?(?:기사|뉴스)(?: 보기)?|함께 (?:보면|볼만한).{0,12}",
)  # fmt: skip
SEE_ALSO_HEADING = re.compile(rf"[\W_]*(?:{_SEE_ALSO})\s*[\W_]*", re.IGNORECASE)
SEE_ALSO_PREFIX = re.compile(rf"[\W_]*(?P<heading>{_SEE_ALSO})\s*(?:[:|>»→\-–—]+|：)\s*(?P<rest>\S.*)", re.IGNORECASE)
SERIES_HEADING = re.compile(
    r"(?:more )?(?:in|from) (?:this|the) series|(?:this article is )?part of (?:a|the|"
    r"our) .{0,40}series.{0,40}|the series|(?:aus|alle teile) der serie.*|die serie|"
    r"serie|dans la même série|nella stessa serie|en esta serie|все материалы серии",
    re.IGNORECASE,
)
TOPIC_HEADING = re.compile(
    r"(?:dossier|themenseite|special report|speciale?|explore this topic|more on this topic|im dossier|"
    r"le dossier|сюжет|тема)\s*:?\s*.{0,40}",
    re.IGNORECASE,
)
# Lists that stand beside any article: they end a related box, and are none.
OTHER_LIST_HEADING = re.compile(
    r"(?:the )?(?:most (?:read|popular|viewed|shared|commented|recent)|trending|popular|latest|newest|"
    r"recent|top|breaking|featured|editor['’]?s['’]? picks?)(?: .{2,25})?|"
    r"more (?:from|in|news|headlines|stories|top).*|meist ?gelesen.*|(?:neueste|aktuelle|beliebte|"
    r"top).{0,25}|am häufigsten.*|les plus (?:lus|populaires).*|"
    r"(?:à la une|dernières).{0,25}|(?:i |le )?più (?:letti|lette|visti).*|ultim[eio] notizi[ea].*|"
    r"(?:lo )?(?:más|mais) (?:leído|visto|lid[oa]s?|vistos?).*|últimas.{0,25}|"
    r"meest gelezen.*|mest (?:lest|læst|läst).*|najczęściej.*|nejčtenější.*|популярное.*|последние.*|"
    r"самое.*|الأكثر.*|人気.*|ランキング.*|热门.*|많이 본.*|"
    r"comments?|kommentare?|commentaires?|commenti|comentarios|tags?|topics|themen|schlagw.*|"
    r"advertisement|anzeige|werbung|publicité|pubblicità|sponsored.*|follow us.*",
    re.IGNORECASE,
)

SHARE_LINE = re.compile(
    r"[\W_]*(?:send (?:this )?(?:to a friend|by e-?mail|article)|e-?mail(?: (?:this|to a friend|"
    r"article))?|tell a friend|print(?:able version|er[- ]friendly(?: version)?| (?:this )?(?:article|"
    r"page|story))?|"
    r"share(?: (?:this|on|via|with|article|story|options?)\b.{0,30})?|tweet|copy link|link copied!?|"
    r"save(?: article| for later| this)?|bookmark|listen(?: to (?:this )?(?:article|story))?|comments?|"
    r"follow us(?: on .{2,30})?|download pdf|pdf|text size|"
    r"(?:artikel |seite )?(?:drucken|teilen|merken|versenden|vorlesen|anhören)|druckversion|"
    r"per e-?mail (?:senden|versenden|teilen)|auf .{2,15} teilen|link kopieren|"
    r"imprimer|partager(?: .{2,30})?|envoyer (?:à un ami|par e-?mail)|version imprimable|"
    r"stampa|condividi(?: .{2,30})?|invia (?:ad un|a un|all['’]) ?amico|versione stampabile|"
    r"invia per e-?mail|"
    r"imprimir|compart(?:ir|e|a|ilhe|ilhar)(?: .{2,30})?|enviar a un(?: amigo|a amiga)|enviar por e-?mail|"
    r"versión (?:para )?imprimi(?:r|ble)|"
    r"delen|afdrukken|printen|del(?: (?:artikkelen|på .{2,20}))?|skriv ut|dela(?: .{2,20})?|tulosta|"
    r"jaa(?: .{2,20})?|udostępnij|drukuj|wyślij|sdílet|tisk|vytisknout|"
    r"поделиться.{0,20}|распечатать|версия для печати|отправить другу|поділитися|paylaş|yazdır|"
    r"κοινοποίηση|εκτύπωση|مشاركة|شارك|طباعة|印刷|シェア|共有|分享|打印|打印本页|공유|인쇄|bagikan|cetak|"
    r"chia sẻ)"
    r"[\W_]*",
    re.IGNORECASE,
)

_NEWSLETTER = re.compile(
    r"newsletter|news ?letter|mailing list|(?:daily|weekly|morning|evening) (?:e-?mail|briefing|digest)|"
    r"(?:in|to) your (?:e-?mail )?inbox|"
    r"(?:subscribe|sign up|register) (?:to|for|and (?:get|receive)|now|here|today|"
    r"below)\b.{0,60}(?:updates?|alerts?|e-?mails?|news|stories|digest|briefing|headlines|inbox)|"
    r"(?:e-?mail|news) (?:updates|alerts?)|infolettre|lettre d['’]info(?:rmation)?s?|in(?: ihr|"
    r" dein) (?:e-?mail-?)?postfach|(?:dans|directement dans) votre boîte|nella tua (?:casella|mail|"
    r"inbox)|"
    r"iscriviti (?:a(?:l(?:la|le)?|gli|i)?|per)\b|bolet[ií]n(?:es)?\b|en tu (?:correo|bandeja)|suscr[ií]bete a\b|"
    r"nieuwsbrief|nyhets?brev|uutiskirje|biuletyn|zpravodaj|hírlevél|рассылк|розсилк|bülten|"
    r"ενημερωτικ(?:ό|ά) δελτί|"
    r"النشرة|خبرنامه|メールマガジン|メルマガ|ニュースレター|뉴스레터|电子报|電子報|新闻简报|bản tin|"
    r"न्यूज़लेटर|न्यूजलेटर",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"(?:subscribe|sign up|log ?in|become a (?:member|subscriber)|join)\b.{0,60}(?:to (?:continue|"
    r"keep) reading|to read (?:the|this|on|more|full)|for (?:full|unlimited) access|to (?:unlock|access)|"
    r"full (?:story|article))|"
    r"(?:to|want to) (?:continue|keep) reading|already (?:a |have a )?subscri(?:ber|bed|ption)|(?:this|"
    r"the) (?:article|story|content) is (?:for|only (?:for|available to)|reserved for|"
    r"exclusive(?:ly)? (?:for|to)|available (?:only )?to).{0,20}(?:subscribers|members)|"
    r"exclusively (?:to|for) .{2,30}(?:subscribers|members)|"
    r"(?:for|only for) subscribers|subscribers? only|subscriber[- ]exclusive|unlock (?:this|the|full|"
    r"unlimited)|you(?:['’]ve| have) (?:reached|read|used).{0,40}(?:free|limit)|"
    r"(?:jetzt|weiter) (?:weiter)?lesen mit|um (?:weiterzulesen|weiter zu lesen|diesen artikel)|(?:nur|"
    r"exklusiv) für abonnent|(?:jetzt )?(?:abo|abonnieren).{0,30}weiter ?lesen|bereits (?:abonnent|kunde)|"
    r"sie haben bereits ein abo|"
    r"(?:article |contenu )?réservé (?:aux|à nos) abonnés|"
    r"(?:il vous )?reste .{2,20} (?:de cet )?article à lire|(?:abonnez-vous|"
    r"pour) (?:pour )?(?:lire la suite|poursuivre|continuer)|déjà abonné|"
    r"(?:contenuto|articolo) (?:riservato|esclusivo)|riservato (?:agli )?abbonati|(?:abbonati|"
    r"abbònati) per (?:leggere|continuare|proseguire)|sei già abbonato|"
    r"(?:contenido|artículo|noticia) exclusiv[oa] para|(?:solo|exclusivo) para suscriptores|"
    r"suscríbete para (?:leer|seguir|continuar)|para (?:seguir|continuar) leyendo|ya (?:eres|"
    r"soy) suscriptor|"
    r"(?:conteúdo|exclusivo) (?:exclusivo )?para assinantes|"
    r"assine (?:para (?:ler|continuar)|por (?:apenas|só))|(?:alleen|"
    r"exclusief) voor abonnees|lees verder met|(?:allerede|redan) (?:abonnent|prenumerant)|for abonnenter|"
    r"bli (?:abonnent|prenumerant) (?:og|och|for å|för att)|(?:du har|je hebt|u hebt|hai|has|vous avez|sie haben) "
    r"(?:läst|lest|læst|gelezen|letto|leído|lu|gelesen)? ?.{0,30}(?:fria|gratis|gratuit[aeios]*|kostenlose[nr]?) "
    r"(?:artik|articol|artícul|article)|"
    r"(?:tylko|dostęp) dla (?:subskrybentów|prenumeratorów)|(?:полный доступ|только) (?:для|по) подпис|"
    r"оформите подписку|有料会員|会員限定|この記事は有料|구독자 전용|仅限(?:会员|订阅)",
    re.IGNORECASE,
)
# What a wall says that asks for money.
PAID = re.compile(
    r"subscri|abonn|abbon|suscri|assin|subskry|prenumer|předplat|подпис|підпис|\bmember|mitglied|\babo\b|"
    r"[€$£¥₹]|\b(?:eur|usd|gbp|chf)\b|per (?:month|week|year)|(?:pro|im) monat|par mois|al mese|al mes\b|"
    r"有料|购买|付费|订阅|구독|결제|اشترك",
    re.IGNORECASE,
)
_REGISTRATION = re.compile(
    r"(?:register|sign (?:up|in)|log ?in|create (?:a|an|"
    r"your) (?:free )?account)\b.{0,50}(?:to (?:continue|keep|read|access)|for free to)|"
    r"(?:kostenlos )?(?:registrieren|anmelden|einloggen).{0,40}(?:weiter ?lesen|weiterzulesen)|"
    r"(?:inscrivez|connectez)-vous pour (?:lire|continuer|accéder)|(?:registrati|accedi) per (?:leggere|"
    r"continuare)|(?:regístrate|inicia sesión) para (?:leer|seguir|continuar)|会員登録(?:すると|して)|"
    r"無料で会員登録",
    re.IGNORECASE,
)
_DONATION = re.compile(
    r"\bdonat(?:e|ion)\b|support (?:our|us|independent|quality|the) ?(?:work|journalism|newsroom|mission|"
    r"reporting)?\b|(?:make|with) a (?:donation|contribution|gift)|chip in|"
    r"(?:jetzt )?spenden|unterstützen sie (?:uns|unser)|faites un don|soutenez(?:-nous| notre)|"
    r"soutenir .{2,30}|(?:fai una |una )donazione|sostieni(?:ci)?\b|sosten[ée]r? .{0,20}periodismo|"
    r"haz una donación|"
    r"apoie|doe agora|doneer|steun (?:ons|onze)|støtt (?:oss)?|wesprzyj|поддержите|пожертв|підтримайте|"
    r"تبرع|寄付|寄付する|후원",
    re.IGNORECASE,
)
_APP = re.compile(
    r"(?:download|get|install|try) (?:our|the|your).{0,30}\bapp\b|(?:unsere|"
    r"die) .{0,20}app (?:herunter)?(?:laden|holen)?|téléchargez .{0,20}app|scarica .{0,12}app|descarg(?:a|"
    r"ue) .{0,15}app|baixe .{0,15}app|download de app|"
    r"скачайте приложение|アプリ(?:を|で)(?:ダウンロード|読む)|앱 (?:다운|설치)",
    re.IGNORECASE,
)
# Each line that a pattern above matches holds one of its words: looking for those first costs a tenth.
_ASKING: dict[BlockKind, tuple[re.Pattern[str], tuple[str, ...]]] = {
    "paywall": (_PAYWALL, (
        "subscri", "to read", "to access", "to unlock", "for full", "for unlimited", "full story",
        "full article", "reading", "member", "reached", "you've", "you’ve", "you have", "unlock",
        "lesen", "diesen artikel", "abonn",
        "abbon", "abbòn", "réservé", "poursuivre", "riservat", "exclusiv", "suscriptor",
        "suscríbete", "leyendo", "assin", "lees verder",
        "subskryb", "prenumer", "доступ", "подпис", "会員", "有料", "구독", "仅限", "bereits", "à lire", "prenumerant",
        "artik", "articol", "artícul", "article",
    )),
    "registration": (_REGISTRATION, (
        "register", "sign up", "sign in", "log in", "login", "account", "weiterlesen", "weiter lesen",
        "weiterzulesen", "weiter zu lesen", "vous pour", "registrati", "accedi", "regístrate",
        "inicia sesión", "会員登録",
    )),
    "app": (_APP, ("app", "приложени", "アプリ", "앱")),
    "newsletter": (_NEWSLETTER, (
        "newsletter", "news letter", "mailing list", "email", "e-mail", "briefing", "digest", "inbox",
        "updates", "alert", "subscribe", "sign up", "register", "infolettre", "lettre d", "postfach",
        "boîte", "casella", "nella tua",
        "iscriviti", "bolet", "en tu ", "suscr", "nieuwsbrief", "nyhet", "uutiskirje", "biuletyn",
        "zpravodaj", "hírlevél", "рассылк", "розсилк", "bülten", "δελτί", "النشرة", "خبرنامه",
        "メールマガジン", "メルマガ", "ニュースレター", "뉴스레터", "电子报", "電子報", "新闻简报", "bản tin",
        "न्यूज",
    )),
    "donation": (_DONATION, (
        "donat", "support", "donation", "contribution", "gift", "chip in", "spenden", "unterstützen sie",
        "faites un don", "soutenez", "soutenir", "donazione", "sostieni", "sostener", "sostén",
        "sostene", "donación", "apoie", "doe agora", "doneer", "steun", "støtt", "wesprzyj", "поддерж",
        "пожертв", "підтрим", "تبرع", "寄付", "후원",
    )),
}  # fmt: skip


ASKING_KINDS = tuple(_ASKING)
"""What boxes ask for; of a line that asks for several things the first counts."""

_EACH_ASKING_WORD = frozenset(word for _, words in _ASKING.values() for word in words)
# Without those that hold another one; and apart, since one typographic mark doubles what all beside it takes.
_ASKING_WORDS = [word for word in _EACH_ASKING_WORD if not any(other in word for other in _EACH_ASKING_WORD - {word})]
_IN_ASCII, _OTHERS = ([word for word in _ASKING_WORDS if word.isascii() is plain] for plain in (True, False))


def asking_words(texts: Sequence[str]) -> list[str]:
    """The words of boxes that ask for something in some texts, but for words with another one inside."""
    in_ascii = "\n".join([text for text in texts if text.isascii()]).lower()
    others = "\n".join([text for text in texts if not text.isascii()]).lower()
    found = [word for word in _IN_ASCII if word in in_ascii or word in others]
    return found + [word for word in _OTHERS if word in others]


# By the kind: to hash its pattern, as a cache does at each look-up, takes longer than most of them save.
@lru_cache(maxsize=4096)
def says(kind: BlockKind, text: str) -> bool:
    """Whether a text says what boxes of a kind do; boxes are asked again and again."""
    return is_said(kind, text, text.lower())


def is_said(kind: BlockKind, text: str, lowered: str) -> bool:
    """The same of a text that is given in lower case, too."""
    pattern, words = _ASKING[kind]
    return any(word in lowered for word in words) and pattern.search(text) is not None


# What the button or the link of such a box says.
ASK_ACTION = re.compile(
    r"subscri|sign ?up|sign me up|join|register|log ?in|donat|support|contribute|download|get (?:it|the|"
    r"our|started)|become|start|try|submit|unlock|offers?|plans?|here|"
    r"abonn|anmelde|registrier|bestell|jetzt|spenden|angebot|probe|inscri|s['’]inscrire|je m['’]|soutenir|"
    r"iscri|abbona|registrati|sostieni|suscr|regístrate|assin|inscrev|apoie|cadastr|"
    r"aanmeld|inschrijv|word lid|bli (?:medlem|abonnent)|tilmeld|meld deg|prenumer|tilaa|zapisz|subskryb|"
    r"odebír|předplat|feliratkoz|подпис|підпис|abone|εγγραφ|اشترك|登録|購読|订阅|訂閱|구독|가입|đăng ký|"
    r"सब्सक्राइब",
    re.IGNORECASE,
)

BYLINE_WORD = re.compile(
    r"^\s*(?:(?:written|reported|posted|published|words|story|text|article|analysis|report|review|"
    r"compiled|edited) )?(?:by|von|par|por|di|de|da|door|av|af|od|autor(?:in/autor|in|ka|es|e|[*:/_]in)?|"
    r"authors?|auteurs?|autore|autrice|text|texto|testo|texte|"
    r"tekst|teksti|redazione|автор(?:ы)?|текст|yazan|haber|penulis|oleh|reporter|文|記者|기자|작성자|作者|撰文|كتب|"
    r"كتبت|بقلم|συντάκτης|γράφει)\s*[:：]?\s+",
    re.IGNORECASE,
)
CREDIT_LINE = re.compile(
    r"[\W_]*(?:(?:photo(?:graph)?s?|image|picture|pic|credit|photo credit|foto|bild(?:er|rechte)?|"
    r"crédits?(?: photo)?|immagine|imagen|fotos?|фото|fotoğraf|写真|사진|صورة)\s*(?:by|von|di|de|"
    r"credits?)?\s*[:：/©].{0,120}|"
    r"(?:©|\(c\)|copyright\b|all rights reserved|alle rechte vorbehalten|tous droits réservés|"
    r"tutti i diritti riservati|todos los derechos reservados|無断転載|무단).{0,160}|"
    r".{0,60}[/©] ?(?:getty images|afp|reuters|ap|epa|shutterstock|imago|dpa|istock|alamy)(?: images|"
    r" photo)?)[\W_]*",
    re.IGNORECASE,
)  # fmt: skip
