"""`enermon up`: a private database, a private broker and every service in the foreground, for one machine."""
