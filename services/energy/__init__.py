"""From readings to energy: booking, roll-up, the one reader of sums, the one valuation, and the check of all sums."""
