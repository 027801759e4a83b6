"""Who may correct readings, and whether what is stored is what was sealed."""
