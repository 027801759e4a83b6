"""Units judged one by one: the efficiency list and the two-high ledger."""
