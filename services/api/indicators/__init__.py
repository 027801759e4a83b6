"""Answers indicators: of a scope, over any range, as a whole or told apart."""
