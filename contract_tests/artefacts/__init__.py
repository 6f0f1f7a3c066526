"""The files agree with each other: spec, wiring, fixtures, README."""
