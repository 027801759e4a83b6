"""Numbers that are reported and not metered."""
