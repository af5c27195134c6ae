"""Turns seeds into captures and readings: fetches politely, records the wire, reads the article."""
