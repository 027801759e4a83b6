"""The progress of areas in dual control as it is answered."""
