"""Energy of enterprises handed upward, to a province or the nation, as an end device of the national protocol does."""
