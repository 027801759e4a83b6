"""Answers how good the data are: scores, findings, what is missing."""
