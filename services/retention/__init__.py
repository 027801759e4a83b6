"""Drops readings that are older than they are kept, so that what was sealed and booked still holds."""
