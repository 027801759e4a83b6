"""The console in a browser, over the real API and database."""
