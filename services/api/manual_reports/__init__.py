"""Quantities of months that people enter by hand, from papers."""
