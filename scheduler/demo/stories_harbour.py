"""English stories of the harbour and science sections."""

from __future__ import annotations

from broadsheet.scheduler.demo.story import DayOfMonth, DaysAgo, Delivery, Story

HARBOUR_STORIES = (
    Story(
        slug="ferry-crews-end-strike",
        template="linked_data",
        section="harbour",
        title="Ferry crews end strike after eleven days",
        subtitle="Boats to Skarra sail again tomorrow; the question of night shifts goes to an arbiter",
        authors=("Odile Marchand-Reyes",),
        published=DaysAgo(2, "17:45:12"),
        modified=DaysAgo(2, "21:03:40"),
        tags=("ferries", "strike", "Skarra"),
        caption="The Petrel at her berth on Marrow Quay, where she has lain since the strike began.",
        see_also=("dredger-arrives", "seal-count", "night-buses"),
        live_counters=True,
        delivery=Delivery(codings=(), chunked=True),
        body="""
The crews of the three Skarra ferries voted this afternoon to go back to work, ending a strike that had cut
the island off from the mainland for all but two crossings a day. Of 118 members who took part in the
ballot, 97 were in favour of the settlement.

Under the agreement, deckhands receive a rise of four per cent from the new year and a second one of two per
cent in autumn. In return the company may run a late boat on Fridays, something islanders had asked for
since the cinema moved to the mainland.

"Nobody got everything, and everybody can sail," said Halvard Quist, who led the talks for the crews. He had
slept in the union's office above the chandlery for most of the eleven days, he said, and intended to sleep
at home for at least as many.

## What remains open

The harder matter, the length of night shifts in winter, was left out of the settlement. An arbiter is to
decide on it before the end of February. Until then no crew member may be on deck for more than nine hours
between dusk and dawn, a limit the company had called unworkable as late as last week.

On Skarra, where the grocer had begun to ration flour, the news was met with relief rather than joy. "We
count what is on the quay, not what is on paper," said Maren Tolliver, who keeps the post office. The first
boat with fresh goods is expected at half past seven tomorrow morning.

The company put its losses at a little under a million crowns. Season tickets will be extended by two weeks
without an application, a spokeswoman said; single tickets can be handed back at the kiosk.
""",
    ),
    Story(
        slug="harbour-master-resigns",
        template="linked_data",
        section="harbour",
        title="Harbour master to step down over mooring fees",
        subtitle="Boat owners had been billed twice for the same berths",
        authors=("Lucan Abernethy-Voss",),
        published=DaysAgo(4, "11:20:05"),
        tags=("harbour office", "mooring fees"),
        caption="The harbour office on Marrow Quay.",
        see_also=("dredger-arrives", "night-buses"),
        body="""
Ternhaven's harbour master, Edvin Castellane, will leave his post at the end of the month. In a letter to
the port board he took responsibility for a billing error through which some 240 owners of small boats paid
for their summer berths twice.

The error came to light when a retired schoolteacher compared her receipts with those of her neighbour on
pontoon C. Both had been charged for the same four metres of planking, and both had paid without a word.

According to the board, the doubled invoices brought in 61,000 crowns that the harbour was not entitled to.
The money has been set aside and is to be returned before Christmas. Owners need do nothing; those who have
sold their boat since the summer are asked to write to the office.

Castellane, who has run the port for nine years, said that he had trusted a new accounting program "longer
than a sailor trusts a new rope". He had been warned of odd totals in July and had put the warning in a
drawer.

His deputy, Ingrid Solheim-Okoro, takes over until a successor is found. The board wants to advertise the
post in January and has not ruled out candidates from other ports.
""",
    ),
    Story(
        slug="night-pilots",
        template="linked_data",
        section="harbour",
        title="The night pilots: a winter aboard the harbour's smallest boats",
        subtitle="Six people bring the big ships in after dark. We went along for a month of Tuesdays",
        authors=("Tamsin Okonjo-Hale",),
        published=DaysAgo(6, "05:30:00"),
        tags=("pilots", "reportage"),
        caption="A pilot cutter leaves for the roads at dusk.",
        see_also=("seal-count", "dredger-arrives"),
        body="""
At ten to four in the morning the radio in the pilots' room clears its throat. A voice from the roads,
polite and tired, gives a name, a draught and a wish: to be in before the tide turns. Wilhelmina Achterberg
pulls on her second jumper and looks at the clock as one looks at a colleague.

The cutter is eleven metres long and smells of diesel and oranges. It takes twenty minutes to the roads when
the sea is kind, and nobody on board remembers when that was. Achterberg has made the trip some four
thousand times and still counts the seconds between the waves aloud.

What follows is the part that visitors ask about. The ship's side rises like a house without windows, a rope
ladder hangs from it, and for a moment the cutter and the ladder are at the same height. In that moment one
steps across. "You do not jump," says Achterberg. "Jumping is for people who are not sure."

On the bridge there is coffee, and silence, and the smell of a different country. The pilot gives headings
in a low voice and the helmsman repeats them. Between the two outer buoys the channel is ninety metres wide,
and a loaded ore carrier takes up more than a third of it.

By six the ship is fast at Marrow Quay. Achterberg signs a paper, climbs down, and walks back along the
water, past the bakery where the light has just come on. In a book in the pilots' room she writes the name
of the ship, the hour, and one word for the weather. Tonight the word is "fair", which in her handwriting
can mean anything.
""",
    ),
    Story(
        slug="grain-ships-queue",
        template="print",
        section="harbour",
        title="Grain ships queue off Skarra as the channel silts up. Dredging to begin within days",
        subtitle="Fourteen vessels wait in the roads. Pilots say the bar grows by a hand's breadth a week. "
        "Bakers in the upper valley look at their stocks.",
        authors=(),
        published=DayOfMonth(6, 1, "09:12:00"),
        see_also=("dredger-arrives", "night-pilots-strike-of-old", "harbour-fog-signal", "tide-gauge-moved"),
        body="""
Ternhaven (Courier) - For the first time since the winter of the long ice, more ships lie at anchor off
Skarra than there are berths in the harbour. By noon yesterday fourteen bulk carriers, most of them laden
with wheat and barley, were waiting for enough water to cross the bar at the mouth of the Wend.

The trouble began in the early hours of {2 days before}, when the carrier Amaranth touched the ground at the
second buoy and was held there for one tide. She came off without damage. Since then the pilots take nobody
across who draws more than seven metres.

Surveyors who sounded the channel on {1 days before} found a ridge of sand that had not been there in
summer. It reaches from the southern mole almost to the fairway and has moved, by their reckoning, eleven
metres in a month. They blame the storms of the early autumn, and the [dredger that lay idle for want of a
crew](dredger-arrives).

A dozen kilometres inland the millers have begun to count. Stocks will last three weeks, their guild says,
and four if nobody bakes for pleasure. In the roads the ships' cooks trade onions for news by lamp signal.

The port authority has promised that digging will start before the week is out and go on by night. Whoever
lives on Marrow Quay is asked to bear with the noise. "Bread is louder when it is missing," the notice says.
""",
    ),
    Story(
        slug="dredger-arrives",
        template="print",
        section="harbour",
        title="Dredger Patience arrives with half a crew",
        subtitle="The vessel hired to keep the channel open cannot work before more hands are found.",
        authors=(),
        published=DayOfMonth(21, 2, "16:17:00"),
        see_also=("harbour-fog-signal", "tide-gauge-moved"),
        body="""
Ternhaven (Courier) - The suction dredger Patience made fast at the timber wharf on the afternoon of {1 days
before}, two days later than announced and with nine people on board instead of nineteen. Until the other
ten are found she will stay where she is.

The port authority hired the vessel for the winter to keep the mouth of the Wend at a depth of nine metres.
It pays for her whether she digs or not: 8,400 crowns a day, according to the contract, which is open to
view in the harbour office.

Her master, Bartholomew Nkemelu, said that part of the crew had found better paid work on wind farms further
north. "A dredger is an honest ship, but she goes nowhere," he said. He hopes to sign on people from the
estuary, and is willing to train them.

Anybody over eighteen with a seaman's book, or the patience to obtain one, may apply on board between nine
and noon. Cooks are wanted in particular.
""",
    ),
    Story(
        slug="seal-count",
        template="microdata",
        section="science",
        title="Seal count finds more pups than ever on the outer banks",
        subtitle="A drone, three students and a very old notebook agree on the number: 412",
        authors=("Perpetua Lindqvist", "Joachim Adeyemi-Brandt"),
        published=DaysAgo(5, "08:05:00"),
        tags=("seals", "wildlife"),
        caption="Grey seals on the Long Bank at low water.",
        body="""
Biologists of the estuary station have counted 412 young grey seals on the sandbanks off Ternhaven, the
highest figure since records began sixty-one years ago. Last year there were 367.

The count took place on a single windless morning. A drone photographed the banks from a height at which the
animals do not lift their heads, while three students walked the shore with clickers. The two results
differed by four.

> We checked the four for an afternoon. One was a log.

"What pleases me is not the record but the spread," said Philippa Norgaard, who leads the station. For the
first time there were pups on the inner bank as well, within sight of the promenade. She takes it as a sign
that the young eels, on which the mothers feed in autumn, have come back into the river.

Fishermen see the matter with mixed feelings. The guild asked for nets with stronger meshes to be paid for
out of the nature fund; the station supports the request. A meeting is planned for the second week of the
new year.

Visitors are asked to keep three hundred metres away, and dogs on a lead. A pup alone on the sand has not
been abandoned, the station says: its mother is at work.
""",
    ),
)
