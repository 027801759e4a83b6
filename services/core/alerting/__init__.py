"""Observes what the rules of alerts speak of. Reads only."""
