"""The alert service: from verdicts to alerts to messages."""
