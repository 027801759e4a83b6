"""Dual control of areas: read from statistics, meters and plans, evaluated."""
