"""Indicators of units, enterprises, parks and areas: read from the sums, evaluated, judged."""
