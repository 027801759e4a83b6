"""Databases as released versions left them, and that they come forward."""
