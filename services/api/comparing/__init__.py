"""A period set against another: which one, and what may be said of the change."""
