"""Games as JSON."""
