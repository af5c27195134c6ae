"""Stories in the other seven languages that are spoken on the quays of Ternhaven."""

from __future__ import annotations

from broadsheet.scheduler.demo.story import DaysAgo, Delivery, Story

STORIES_FROM_ABROAD = (
    Story(
        slug="leuchtturm-sendet-wieder",
        template="open_graph",
        section="harbour",
        language="de",
        title="Der Leuchtturm von Skarra sendet wieder",
        subtitle="Nach vierzehn Monaten Pause dreht sich das Licht, und mit ihm kehrt ein Beruf zurück",
        authors=("Friederike Aalmann",),
        published=DaysAgo(3, "19:25:00"),
        tags=("Leuchtturm", "Skarra"),
        caption="Der Turm von Skarra am ersten Abend.",
        body="""
Um 16.52 Uhr, eine Minute nach Sonnenuntergang, legte Wenzel Harkensee den Hebel um. Auf der Mole standen
gut zweihundert Menschen und sagten eine Weile nichts. Dann strich das Licht zum ersten Mal seit vierzehn
Monaten wieder über das Wasser.

Der Leuchtturm war abgeschaltet worden, weil ein Blitz die Steuerung zerstört hatte und niemand mehr wusste,
wie man sie baut. Gefunden wurde der Schaltplan schließlich in einer Keksdose, zwischen Quittungen für
Lampenöl.

Die Insel hat die Gelegenheit genutzt und wieder einen Wärter eingestellt. Harkensee, zuvor Tischler, wohnt
nun im vierten Stock des Turms und führt ein Buch über jedes Schiff, das er sieht. Sein Vertrag läuft über
zwei Jahre. „Ich habe hundertdreiundachtzig Stufen und keine Nachbarn“, sagt er. „Beides ist gesund.“

Für die Schifffahrt ist das Feuer heute eher Trost als Notwendigkeit, die Lotsen verlassen sich auf andere
Geräte. Doch im vergangenen Winter fiel zweimal der Strom aus, und beide Male fragten die Kapitäne über Funk
nach dem Turm.

Besucher sind sonntags zwischen zwei und vier willkommen, sofern das Wetter es erlaubt und die Treppe frei
ist. Der Eintritt kostet ein Pfund Kaffee.
""",
    ),
    Story(
        slug="marche-aux-huitres",
        template="microdata",
        section="town",
        language="fr",
        title="Le marché aux huîtres s’installe sous la halle aux cordes",
        subtitle="Quarante étals, un toit et, pour la première fois, des chaises",
        authors=("Honorine Delacourt-Mbaye",),
        published=DaysAgo(10, "07:15:00"),
        tags=("marché", "huîtres"),
        caption="La halle aux cordes avant l’ouverture.",
        body="""
Pendant un siècle et demi, on a vendu les huîtres de l’estuaire debout, au vent, entre deux averses. C’est
fini : depuis hier matin, les quarante marchands du quai Marrow travaillent sous la halle aux cordes, une
longue bâtisse de bois où l’on tressait autrefois les amarres des grands voiliers.

Le déménagement s’est fait en une nuit, à la brouette. À cinq heures, les balances étaient réglées ; à six,
la première douzaine était ouverte. « J’ai cherché la pluie par réflexe », raconte Solange Quévremont, qui
tient l’étal de sa grand-mère. « Elle me manquera peut-être au mois d’août. »

La municipalité a dépensé 410 000 couronnes pour le sol, les égouts et l’éclairage. Elle a aussi acheté cent
vingt chaises, ce qui a provoqué le seul vrai débat du conseil : une huître se mange-t-elle assis ? La
motion est passée d’une voix.

Les prix ne bougent pas jusqu’au printemps. Ensuite, chaque marchand paiera un loyer calculé sur la longueur
de sa table. Les plus modestes craignent de devoir la raccourcir ; le maire promet une règle graduée.

La halle est ouverte du mardi au dimanche, de six heures à midi. Les coquilles vides sont reprises à
l’entrée : elles serviront à consolider la digue d’Osterby.
""",
    ),
    Story(
        slug="il-coro-dei-pescatori",
        template="linked_data",
        section="culture",
        language="it",
        title="Il coro dei pescatori torna a cantare dopo dodici anni",
        subtitle="Prove in rimessa, un solo spartito e nessun maestro",
        authors=("Ginevra Montecalmo",),
        published=DaysAgo(11, "18:40:50"),
        tags=("musica", "pescatori"),
        caption="La rimessa numero cinque durante le prove.",
        see_also=("marche-aux-huitres", "library-reading-room"),
        body="""
Il lunedì sera, quando le reti sono stese ad asciugare, dalla rimessa numero cinque esce un suono che il
porto aveva dimenticato. Ventisei uomini e nove donne provano canti di lavoro a tre voci, seduti su cassette
di plastica azzurra.

Il coro dei pescatori si era sciolto dodici anni fa, dopo la morte del suo direttore, e con lui era sparito
anche il quaderno con le musiche. Lo ha ritrovato la nipote, Fiorenza Balestrieri-Oke, dentro una vecchia
bussola senza ago. Mancavano quattro pagine: gli anziani le hanno ricostruite a memoria, litigando.

Un maestro non c’è. A dare il tempo è chi ha la giacca più asciutta, e la regola, dicono, funziona meglio di
quanto sembri. «Sul mare si canta per tirare insieme», spiega Balestrieri-Oke. «A terra bisogna ricordarsi
che cosa si sta tirando.»

Il primo concerto è previsto per la festa delle lanterne, sulla scalinata del municipio. L’ingresso è
libero; chi vuole può portare una sedia e lasciarla a chi arriva tardi. In programma ci sono undici canti,
uno dei quali dura quanto la salita di una marea ed è perciò annunciato in forma ridotta.

Intanto si cercano due bassi. Non occorre saper leggere la musica, basta saper aspettare.
""",
    ),
    Story(
        slug="la-escuela-flotante",
        template="open_graph",
        section="science",
        language="es",
        title="Una escuela flotante recorre el estuario con un laboratorio a bordo",
        subtitle="Los alumnos miden la sal del agua y la paciencia de los cangrejos",
        authors=("Itziar Valdovinos", "Bruno Escalante-Nwosu"),
        published=DaysAgo(13, "16:05:00"),
        tags=("escuela", "estuario"),
        caption="La barcaza Constancia frente a Osterby.",
        body="""
La barcaza Constancia transportó carbón durante cuarenta años. Desde este otoño lleva microscopios, un
acuario y a veinte alumnos cada semana, que duermen en hamacas y aprenden a distinguir el agua dulce de la
salada sin probarla.

El proyecto nació de una queja. Una niña de Osterby escribió al ayuntamiento que en su escuela se estudiaba
el río con un dibujo del río. La carta llegó a manos de la bióloga Remedios Arizcun, que conocía a alguien
que conocía una barcaza.

Cada mañana los grupos bajan un disco blanco atado a una cuerda y anotan a qué profundidad deja de verse. En
octubre desaparecía a los dos metros y medio; tras las tormentas, a los cuarenta centímetros. Los datos se
envían a la estación del estuario, que los utiliza de verdad.

«Lo más difícil es explicarles que un resultado feo también es un resultado», dice Arizcun. Hay además un
experimento sin terminar sobre cangrejos, que consiste en esperar a que elijan entre dos piedras. Llevan
nueve días pensándolo.

La barcaza permanecerá en el puerto hasta que pasen los hielos. Las escuelas que deseen subir a bordo pueden
apuntarse en la biblioteca; quedan plazas para marzo.
""",
    ),
    Story(
        slug="poslednij-tramvaj",
        template="open_graph",
        section="town",
        language="ru",
        title="Последний трамвай вернулся в город по воде",
        subtitle="Вагон номер семь пролежал в сарае тридцать лет и теперь станет читальней",
        authors=("Агриппина Заречная",),
        published=DaysAgo(14, "11:10:00"),
        tags=("трамвай", "история"),
        caption="Вагон на барже у Лесной пристани.",
        delivery=Delivery(charset="windows-1251", charset_in_header=False),
        body="""
В полдень к Лесной пристани подошла баржа с необычным грузом: под брезентом стоял трамвайный вагон номер
семь, последний из тех, что ходили по городу до закрытия линии. Тридцать лет он простоял в сарае на хуторе
выше по реке, где в нём зимовали куры и однажды прятались от грозы новобрачные.

Нашла вагон учительница черчения Пелагея Стрижова. Она заметила, что у сарая на хуторе двери складные, и
попросила разрешения заглянуть внутрь. Хозяин отдал находку даром, но с условием, что кур переселят за счёт
города.

Восстанавливать ход никто не собирается: рельсы давно сняты, а на месте депо лежат мешки с песком. Вагон
поставят во дворе библиотеки и превратят в читальню для детей. Скамьи сохранились все, кроме одной; её
обещал сделать столяр, который ездил на этом трамвае в школу.

«Мне важно, чтобы звонок работал, — говорит Стрижова. — Тишина в читальне ценится больше, когда её есть чем
нарушить».

Открытие назначено на весну. До тех пор вагон можно увидеть через забор, а по воскресеньям сторож за рассказ
о первой поездке пускает внутрь.
""",
    ),
    Story(
        slug="khayyat-al-ashria",
        template="linked_data",
        section="culture",
        language="ar",
        title="خياط الأشرعة يفتح ورشته للزوار",
        subtitle="بعد نصف قرن من العمل خلف باب مغلق، يعلّم صنعته لمن يريد",
        authors=("ليلى الشاطئي",),
        published=DaysAgo(15, "20:30:15"),
        tags=("حرف", "الميناء"),
        caption="الورشة في شارع المصابيح.",
        see_also=("library-reading-room", "il-coro-dei-pescatori"),
        body="""
في آخر شارع المصابيح باب أزرق لم يُفتح للغرباء منذ خمسين عامًا. خلفه يعمل إدريس الملّاح، آخر خياط للأشرعة في
المدينة، وقد قرر هذا الأسبوع أن يترك الباب مفتوحًا ثلاثة أيام في الأسبوع.

يقول الملّاح إن السبب بسيط: لم يعد يرى الإبرة جيدًا، ولا يريد أن تذهب الصنعة معه. جلس إلى طاولته في اليوم
الأول تسعة أشخاص، بينهم طبيبة وسائق حافلة وفتاة في الثانية عشرة جاءت لأن المطر كان غزيرًا.

يتعلم الزوار أولًا كيف يُشمّع الخيط، ثم كيف تُثنى الحافة مرتين حتى لا تمزقها الريح. ولا يُسمح لأحد بلمس
القماش الكبير قبل أن يخيط كيسًا صغيرًا لا يتسرب منه الرمل. وحتى الآن نجح كيسان فقط.

> الشراع لا يكذب، فإن أخطأتَ أخبرك البحر بذلك قبل الظهر.

وقد عرضت البلدية أن تدفع إيجار الورشة سنتين، على أن تُعرض فيها أدوات قديمة جُمعت من السفن. وافق الملّاح بشرط
أن تبقى الأدوات في متناول اليد، لأن المقص الذي لا يقص، كما قال، مجرد قطعة حديد.

تُفتح الورشة أيام الأحد والثلاثاء والخميس من العاشرة حتى غروب الشمس، والدخول مجاني.
""",
    ),
    Story(
        slug="渡し船の猫",
        template="microdata",
        section="culture",
        language="ja",
        title="渡し船の猫、十年目の船出",
        subtitle="乗組員名簿に名前が載る唯一の動物が、表彰を受けた",
        authors=("汐見 千代",),
        published=DaysAgo(16, "09:45:00"),
        tags=("猫", "渡し船"),
        caption="甲板で風を待つミカン号の猫。",
        delivery=Delivery(validators=()),
        body="""
スカーラ島と本土を結ぶ渡し船で暮らす一匹の猫が、乗船十年を迎え、港の組合から小さな錨の形をした首飾りを贈
られた。猫の名はハマグリ。乗組員名簿には「見張り、夜間」と記されている。

ハマグリは十年前の冬、網の箱に紛れて船に乗り込んだ。当時の船長は次の港で降ろすつもりだったが、濃い霧の夜、
猫が船首で鳴き続けたため速度を落としたところ、目の前に流木の群れが現れたという。以来、降ろそうと言う者は
いない。

船の仕事は一日に四往復。猫は朝の便では操舵室の棚で眠り、夕方の便になると甲板に出て、乗客の弁当を一つずつ
確かめる。「切符の検査より厳しい」と、機関士の磯辺辰雄さんは笑う。魚を分けた客には、下船まで隣に座るのが
決まりだ。

夏の長い修理のあいだ、ハマグリは桟橋の切符売り場に預けられていた。係の女性によれば、猫は毎朝、船の出る時
刻になると水際まで歩き、しばらく沖を見てから戻ってきたという。

表彰式は短かった。組合長が挨拶を始めるとすぐに、猫は首飾りを付けたまま船に戻り、出航の汽笛を待っていた。
次の便は定刻どおりに出た。
""",
    ),
)
