"""Whether the readings of a meter can be true: pure checks, each of which answers with findings."""
