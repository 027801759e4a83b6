"""Looks at a running installation and says what is in use and whether the sums agree."""
