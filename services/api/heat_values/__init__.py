"""Measured heat values of the fuels of enterprises."""
