"""Alerts as the API answers them."""
