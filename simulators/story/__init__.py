"""The demonstration's story: what goes wrong in the simulated region, who is told, and what they do about it."""
