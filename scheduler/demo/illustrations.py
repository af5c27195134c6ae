"""Pictures drawn from a number: a sky, a sea, a sun or moon, and boats. Each story has its own."""

from __future__ import annotations

from broadsheet.scheduler.demo.story import Story

_SKIES = (("#f6d7a7", "#e58f65"), ("#c9dfe8", "#7fa9bd"), ("#27364f", "#5d6f94"), ("#efe6d8", "#c8b79c"))
_SEAS = ("#1f4e5f", "#2f6f73", "#16263a", "#476a7e")


def illustration(story: Story) -> str:
    """Return the story's picture as an SVG document, 960 by 400."""
    number = story.number
    top, bottom = _SKIES[number % len(_SKIES)]
    sea = _SEAS[number % len(_SEAS)]
    sun = f'<circle cx="{120 + number % 700}" cy="{60 + number % 110}" r="{28 + number % 20}" fill="#fff6dd"/>'
    waves = "".join(
        f'<path d="M0 {y} q60 -{8 + (number + y) % 9} 120 0 {"t120 0 " * 7}" '
        'fill="none" stroke="#ffffff" stroke-opacity=".28" stroke-width="3"/>'
        for y in range(275, 400, 28)
    )
    boats = "".join(_boat(90 + (number * (boat + 3)) % 740, 262 + 30 * boat) for boat in range(1 + number % 3))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 400" width="960" height="400">'
        f'<defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="{top}"/>'
        f'<stop offset="1" stop-color="{bottom}"/></linearGradient></defs>'
        f'<rect width="960" height="400" fill="url(#sky)"/>{sun}'
        f'<rect y="250" width="960" height="150" fill="{sea}"/>{waves}{boats}</svg>\n'
    )


def _boat(x: int, y: int) -> str:
    return (
        f'<g transform="translate({x} {y})"><path d="M0 0h84l-14 22h-56z" fill="#3a2a24"/>'
        '<path d="M42 -4v-70l34 66z" fill="#f4efe4"/><path d="M38 -4v-56l-26 52z" fill="#d9cdb8"/></g>'
    )


def emblem() -> str:
    """Return the paper's emblem, a tern above a wave, as an SVG document."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">'
        '<rect width="64" height="64" rx="8" fill="#1f4e5f"/>'
        '<path d="M8 22q14 -8 24 6q10 -14 24 -6q-14 0 -24 16q-10 -16 -24 -16z" fill="#fff"/>'
        '<path d="M4 52q14 -10 28 0t28 0" fill="none" stroke="#fff" stroke-width="4"/></svg>\n'
    )
