"""Pure code, properties first."""
