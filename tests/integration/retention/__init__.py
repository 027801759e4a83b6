"""Readings are dropped when they are older than they are kept."""
