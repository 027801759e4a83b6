"""What changes the past waits as a proposal until a second person confirms it."""
