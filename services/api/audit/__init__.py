"""Who changed what, as it is asked for."""
