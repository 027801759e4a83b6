"""Who may come in, what each may do, and which rows each may see."""
