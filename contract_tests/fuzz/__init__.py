"""Schemathesis and the vendor's SDK, over every version."""
