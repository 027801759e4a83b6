"""Simulators: what they register, what they send, and that nothing unanswered is lost."""
