"""Indicators: ratios of sums, declared in one list, each with its formula and source. Pure."""
