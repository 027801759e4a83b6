"""The live stream: who watches what, told once for all of them when energy is booked."""
