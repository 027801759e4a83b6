"""Alerts: rules, observations, state, handling, and who is told. Pure."""
