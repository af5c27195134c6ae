"""The words of pages that stand where another was asked for: log-in, consent, and "there is no such page"."""

from __future__ import annotations

import re

# The heading of a page that asks for an account before it shows anything.
LOG_IN = re.compile(
    r"^\W*(?:please |bitte |veuillez |por favor,? |to continue,? )?(?:log ?in|sign ?in|log into|sign into|log on|"
    r"login|create (?:an|your)(?: free)? account|register (?:to|for free|now)|subscriber (?:log ?in|only)|"
    r"melden sie sich|jetzt anmelden|anmelde(?:n|ung)\b|einloggen|"
    r"(?:se )?connect(?:er|ez)|connexion|identifi(?:ez|cation)|s['’]identifier|"
    r"inici(?:ar?|e) (?:de )?sesi[oó]n|accede|acceso de (?:usuarios|suscriptores)|identif[ií]cate|"
    r"accedi\b|accesso\b|effettua (?:il log|l['’]acc)|entrar\b|iniciar sessão|fa[cç]a (?:o )?login|inloggen|log in om|"
    r"logga in|logg inn|log ind|kirjaudu|zaloguj|logowanie|přihl[aá]|prihl[aá]s|bejelentkez|autentific|conectare|"
    r"вход\b|войти|войдите|авториз|увійти|вхід|oturum aç|giriş yap|üye girişi|σύνδεση|είσοδος|تسجيل الدخول|"
    r"התחבר|כניס[הת]|ورود|ログイン|登录|登入|로그인|เข้าสู่ระบบ|đăng nhập|masuk\b|लॉग ?इन)",
    re.IGNORECASE,
)

# What speaks of consent to cookies, in a heading or a paragraph.
CONSENT = re.compile(
    r"cookie|consent\b|before you continue|your privacy|privacy (?:choices|settings|matters)|personal data|"
    r"your data\b|(?:our|\b\d{1,4}) partners|vendors|legitimate interest|"
    r"einwilligung|zustimm|datenschutz|privatsphäre|personenbezogen|"
    r"consentement|vie privée|données personnelles|nos partenaires|traceurs|"
    r"consentimiento|privacidad|datos personales|nuestros socios|consentimento|dados pessoais|privacidade|"
    r"consenso\b|dati personali|i nostri partner|toestemming|persoonsgegevens|privacy-?instellingen|"
    r"samtycke|personuppgifter|samtykke|personopplysninger|suostumus|evästee|"
    r"zgod[aęy]\b|plik(?:i|ów) cookie|danych osobowych|souhlas|osobních údajů|hozzájárul|"
    r"согласи|персональных данных|файлы куки|çerez|kişisel veri|συγκατάθεσ|προσωπικών δεδομένων|"
    r"ملفات تعريف الارتباط|الخصوصية|クッキー|プライバシー|个人信息|隐私|쿠키|개인정보",
    re.IGNORECASE,
)
# The button that lets the reader in.
ACCEPT = re.compile(
    r"^\W*(?:(?:yes|ok|okay|ja|oui|si|sí|sim|tak|да),? ?)?(?:i )?(?:accept|agree|allow|consent|got it|continue|"
    r"(?:alle[ns]? )?(?:cookies )?(?:akzeptier|zustimm|einverstanden|erlauben|annehmen)|(?:tout )?accepte[rz]|"
    r"j['’]accepte|d['’]accord|(?:acepta|acepto|permitir)|accett|aceit|concordo|akkoord|accepteren|toestaan|"
    r"godkänn|acceptera|godta|accepter|tillad|hyväksy|zgadzam|akceptuj|přijmout|souhlas|elfogad|"
    r"приня|соглас|kabul|onayl|αποδοχή|αποδέχομαι|συμφωνώ|أوافق|موافق|قبول|同意|すべて許可|接受|동의)",
    re.IGNORECASE,
)

# The headline of a page that stands where another one was: a "soft 404".
NOT_FOUND = re.compile(
    r"\b404\b|(?:page|article|story|content|document|file|link)s? (?:(?:you.{0,40}|was|is|were|could|can|does) )?"
    r"(?:not|can['’]?t|cannot|isn['’]t|doesn['’]t|no longer)(?: be)? (?:found|exist|available|there)|\bnot found$|"
    r"^not found\b|(?:seite|artikel|beitrag|inhalt).{0,30} (?:nicht (?:gefunden|vorhanden|verfügbar)|existiert nicht)|"
    r"(?:page|article|contenu).{0,20} (?:introuvable|n['’]existe (?:pas|plus)|non trouvée?)|"
    r"(?:pagina|articolo|contenuto).{0,20} non (?:è (?:stat[ao] )?)?(?:trovat[ao]|esiste|disponibile)|"
    r"(?:página|artículo|contenido|artigo|conteúdo).{0,20} (?:no|não) (?:(?:ha sido|fue|foi) )?"
    r"(?:encontrad[ao]|existe)|(?:pagina|artikel) niet (?:gevonden|beschikbaar)|(?:sidan?|siden).{0,20} (?:ikke|inte) "
    r"(?:funnet|fundet|hittades|finns)|sivua ei löy|nie znaleziono|stránka nenalezena|страница не найдена|"
    r"сторінку не знайдено|sayfa bulunamadı|η σελίδα δεν βρέθηκε|الصفحة غير موجودة|ページが見つかりません|页面不存在|"
    r"找不到(?:该|此)?页面|"
    r"페이지를 찾을 수 없",
    re.IGNORECASE,
)
