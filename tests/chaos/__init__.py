"""Faults struck at real processes while gateways send; at the end the sums are those of the batch computation."""
