"""Open data: what others read by SQL and take as files, with a contract."""
