"""Channels: one file each, which only know how to send."""
