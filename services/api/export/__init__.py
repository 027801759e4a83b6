"""Any list of the API as a file: CSV, or a workbook with its sources."""
