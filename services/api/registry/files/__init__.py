"""Import files: how CSV and XLSX become rows of text, and what a cell says in a field."""
