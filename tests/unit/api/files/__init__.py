"""Import files are read rightly, or refused by name."""
