"""A moment for a frozen clock, and how answers write it."""

IN_2030 = 1_900_000_000_000
"""Milliseconds since 1970."""

IN_2030_WRITTEN = "2030-03-17T17:46:40.000Z"

A_MINUTE = 60_000
"""Milliseconds."""

A_MINUTE_LATER_WRITTEN = "2030-03-17T17:47:40.000Z"
