"""A believable region: enterprises of Inner Mongolia's trades; each reading is a function of seed, meter and time."""
