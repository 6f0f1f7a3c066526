"""What a tenant remembers."""
