"""What goes wrong with real gateways and meters, done on purpose, at a given rate, repeatably, and written down."""
