"""Readings that come by HTTP, and what became of readings however they came."""
