"""Holds the fake to its contract; the harness that does the same to a tenant will stand beside these tests."""
