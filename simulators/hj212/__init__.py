"""Monitors of pollution sources on the wire, written from the text of HJ 212 and from nothing else."""
