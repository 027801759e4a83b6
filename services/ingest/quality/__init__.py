"""Looks at the days of meters whose readings have changed: counts, checks, estimates."""
