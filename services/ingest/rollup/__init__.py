"""The roll-up: from readings to energy by slot, hour, day and month, and to sums by place."""
