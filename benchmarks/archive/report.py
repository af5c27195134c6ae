"""The figures as a table for people and as a document for programs."""

from dataclasses import asdict

from benchmarks.archive.measuring import Measured


def as_document(measured: list[Measured]) -> dict[str, object]:
    """Returns everything that was measured, as JSON."""
    return {"benchmark": "archive", "sizes": [asdict(one) for one in measured]}


def as_table(measured: list[Measured]) -> str:
    """Returns the figures, one column an archive."""
    rows = [_row("captures", [f"{one.captures:,}" for one in measured])]
    rows.append(_row("publications", [f"{one.publications:,}" for one in measured]))
    rows.append("\nrequests to the store (KiB received, ms)")
    for name in measured[0].look_ups:
        found = [one.look_ups[name] for one in measured]
        cells = [f"{one.requests:,} ({one.received_kib:,.0f}, {one.milliseconds:,.0f})" for one in found]
        rows.append(_row(f"  {name}", cells))
    rows.append("\npeak memory in MiB (how many, seconds)")
    for name in measured[0].listings:
        listed = [one.listings[name] for one in measured]
        rows.append(_row(f"  {name}", [f"{one.peak_mib:,.0f} ({one.count:,}, {one.seconds:,.1f})" for one in listed]))
    rows.append("\nseconds")
    rows.append(_row("  verify", [_seconds(one.verification) for one in measured]))
    rows.append(_row("  first start, empty catalog", [_seconds(one.first_start) for one in measured]))
    rows.append(_row("  next start", [_seconds(one.next_start) for one in measured]))
    rows.append(_row("  slowest compaction", [_seconds(one.slowest_compaction) for one in measured]))
    rows.append(_row("  all compactions", [_seconds(one.compactions) for one in measured]))
    return "\n".join(rows)


def _row(name: str, cells: list[str]) -> str:
    return f"{name:<38}" + "".join(f"{cell:>24}" for cell in cells)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"
