"""English stories of the town and culture sections."""

from __future__ import annotations

from broadsheet.scheduler.demo.story import DaysAgo, Delivery, Story

TOWN_STORIES = (
    Story(
        slug="tidal-barrier-approved",
        template="linked_data",
        section="town",
        title="Council approves tidal barrier at Gull Point for 64 million crowns",
        subtitle="Work could begin in spring; three members voted against",
        authors=("Lucan Abernethy-Voss", "Perpetua Lindqvist"),
        published=DaysAgo(1, "05:40:31"),
        tags=("flood protection", "council", "Gull Point"),
        caption="Gull Point at spring tide, seen from the lighthouse road.",
        see_also=("seal-count", "night-buses", "dredger-arrives"),
        body="""
After a debate of five hours the town council decided late last night to build a tidal barrier at Gull
Point. Not even the [ferry strike](/harbour/ferry-strike-day-eleven) had kept it up so late. Twenty-two
members were in favour, three against, and two had gone home.

The barrier is to cost 64 million crowns, of which the region has promised to pay half. It consists of four
steel gates that lie flat on the river bed and are raised when the water stands two metres above the mark.

Supporters recalled the January night three years ago when the sea came up Lantern Street and the fire
brigade rowed from door to door. "I do not want to learn the name of my neighbour's cellar a second time,"
said Rosalind Ferreira-Munk, who moved the proposal.

The three opponents do not doubt the need, but the place. They would rather see the gates a kilometre
downstream, where the river is wider and, they say, slower to silt up. Engineers had looked into that site
and found mud to a depth of thirty metres.

If the contracts are signed by March, work can begin in spring and the gates could close for the first time
in four years. Until then the town will go on stacking sandbags: eleven thousand lie ready in the old tram
depot.
""",
    ),
    Story(
        slug="fish-market-ice",
        template="linked_data",
        section="town",
        title="Inside the ledger: how the fish market lost its ice",
        subtitle="Two years of invoices show where 900 tonnes a season went",
        authors=("Tamsin Okonjo-Hale",),
        published=DaysAgo(3, "06:00:00"),
        tags=("fish market", "investigation"),
        caption="Crates on the auction floor, a few minutes before six.",
        see_also=("seal-count", "night-buses"),
        paywalled=True,
        body="""
The ice house behind the fish market holds forty tonnes and makes thirty more each night. For two years it
has nevertheless run out before nine in the morning, and for two years nobody could say why.

The Courier has read the ledgers of the co-operative that runs it, some 1,100 pages, and spoken to eleven
people who load, carry or pay for ice. Taken together they tell of a hole that was not in the roof.

The first trace is a column headed "sundry". In the spring before last it stood at four tonnes a month; by
the summer it had reached seventy. The entries are in one handwriting and refer to a customer by a single
letter.

The letter belongs to a haulage firm that does not trade in fish. Its lorries, according to two drivers,
carried the ice to building sites up the valley, where it cooled fresh concrete. The firm says that it paid
for what it took. The co-operative's books show no such payment.
""",
    ),
    Story(
        slug="town-clock-stopped",
        template="microdata",
        section="town",
        title="Town hall clock to stand still until May",
        subtitle="The works go to a clockmaker in the hills; the bell will be rung by hand",
        authors=("Rufus Blennerhasset-Ito",),
        published=DaysAgo(7, "14:30:00"),
        tags=("town hall",),
        delivery=Delivery(validators=("Last-Modified",)),
        body="""
From next week the clock on the town hall will show ten past four, morning and evening. Its works, built 131
years ago, are to be taken down, put into nine crates, and carried to a clockmaker's in the hills.

The great wheel has worn so far that the clock loses six minutes between two Sundays. Until now the
caretaker, Mr Pettibone-Araya, has pushed the hand forward with a broom. The broom will go to the museum.

So that nobody misses the market, volunteers are to ring the bell by hand at eight, at noon, and at six. A
rota hangs in the library. Children may ring if they are taller than the rope's second knot.

The repair costs 38,000 crowns, most of it for one wheel. If all goes well the clock will strike again on
the first of May, at noon, and it will be right.
""",
    ),
    Story(
        slug="night-buses",
        template="open_graph",
        section="town",
        title="Night buses will wait for the last ferry",
        subtitle="A lamp on the quay tells drivers when the boat is late",
        authors=("Rufus Blennerhasset-Ito",),
        published=DaysAgo(8, "10:15:00"),
        tags=("buses", "ferries"),
        caption="The terminus on Marrow Quay.",
        delivery=Delivery(validators=("ETag",)),
        body="""
Nobody who comes off the last boat from Skarra needs to walk home in the rain any longer. From the first of
the month the night buses of lines 2 and 7 wait at Marrow Quay until the ferry has put down its gangway,
though no longer than twenty-five minutes.

Drivers will be told by a green lamp on the roof of the ticket kiosk. It is lit by the harbour office as
soon as a boat reports that she is late. "A telephone would have done," said Cosima Vandermeer of the
transport company, "but a lamp cannot be engaged."

The idea came from a petition with nine hundred signatures, most of them given on board and some of them
wet. Passengers further along the route may see their bus arrive later than the timetable says. At each stop
a notice will explain why.

The trial lasts for one winter and costs about 15,000 crowns, which the company expects to win back in
fares. If it does, line 4 to the hospital is to follow.
""",
    ),
    Story(
        slug="library-reading-room",
        template="open_graph",
        section="culture",
        title="Library reopens its reading room under a roof of glass",
        subtitle="After three years of scaffolding there is room for ninety readers, and a place to whisper",
        authors=("Ansel Whitmoor",),
        published=DaysAgo(9, "12:00:00"),
        tags=("library", "architecture"),
        caption="The new roof, seen from the gallery.",
        delivery=Delivery(codings=("br", "gzip")),
        body="""
The first thing one notices is the sound of rain. It falls on four hundred panes above the reading room of
the town library, which opened its doors again this week, and it is not loud. The architects had samples of
the glass hosed with water until the librarians said stop.

Three years ago a beam in the old ceiling gave way during the night. Nobody was hurt, but eleven thousand
books had to be moved to the gymnasium, where they could be borrowed between the ropes and the vaulting
horse.

Now there are ninety seats, each with a lamp and a drawer. Along the north wall runs a row of booths with
curtains of felt, meant for people who learn by muttering. "We used to send them outside," said the head
librarian, Eulalia Stravinides. "They were often the ones who read most."

The room is warmed by the river: pipes under the floor take heat from the Wend and give it back, slightly
cleaner, below the weir. The building cost nine million crowns, a fifth of it from a lottery among readers.

It is open until ten in the evening, and on Sundays from two. Whoever brings back a book borrowed before the
ceiling fell pays no fine. So far, 214 have come home.
""",
    ),
    Story(
        slug="estuary-walks",
        template="open_graph",
        section="culture",
        title="Three walks along the estuary before the first frost",
        subtitle="Mud, larks and a pie at the end: our selection for short afternoons",
        authors=("Cosmo Hathersage",),
        published=DaysAgo(12, "09:00:00"),
        modified=DaysAgo(11, "08:20:00"),
        tags=("walks", "estuary"),
        caption="The dyke path at Osterby.",
        newsletter=True,
        delivery=Delivery(validators=()),
        body="""
When the tourists have gone the estuary belongs to the birds and to those who own boots. These three walks
need no more than an afternoon each, and all of them end near an oven.

## The dyke path to Osterby

Start behind the timber wharf and keep the water on your left. After an hour you come to a bench with a
brass plate that says "Sit down, it is further than it looks". It is. In Osterby the Heron serves an eel pie
from four o'clock, and closes when it is eaten.

## Round the Long Bank

This one depends on the tide: set out two hours before low water and be back within three. The sand is firm
where it is ribbed, and soft where it shines. Carry a whistle. On clear days you can see the lighthouse on
Skarra, and count the seconds until it looks at you again.

## Up to the bellows

The old foundry lies in a fold of the hills, forty minutes from the last stop of line 7. Somebody still oils
the great bellows, nobody knows who, and if two people lean on the beam it breathes. The inn next door has a
fire, lentil soup, and a dog that expects to be greeted first.
""",
    ),
)

COAST_ROAD_SNOW = Story(
    slug="coast-road-snow",
    template="linked_data",
    section="town",
    title="First snow closes the coast road",
    subtitle="Lorries are sent inland by way of the bellows; schools in Osterby stay open",
    authors=("Cosmo Hathersage",),
    published=DaysAgo(1, "13:20:18"),
    tags=("weather", "roads"),
    caption="A plough at the Osterby turning.",
    see_also=("night-buses", "seal-count"),
    body="""
Twelve centimetres of wet snow fell on the coast between nine and noon, and the road to Osterby was closed
shortly after one. A lorry loaded with planks had come to rest across both lanes near the dyke. The driver
climbed out by the window and was given soup.

Traffic is being sent inland by way of the old foundry, a detour of nineteen kilometres on a road with one
passing place. The roads office advises waiting. Its two ploughs are out; a third is being fetched from the
museum, where it had been on show since the summer.

In Osterby itself the school remains open, and children who live beyond the dyke may spend the night in the
gymnasium. The head teacher has asked for blankets and for somebody who can tell stories without getting to
the end too soon.

The weather station on Skarra expects the snow to turn to rain after midnight. Ferries are running, the
company said, and hot bricks are available on board at no charge.
""",
)
