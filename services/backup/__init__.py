"""Backup and restore of the database: base backups and an archive of its WAL, by PostgreSQL's own tools."""
