"""Ways to tell: each only knows how to send."""
