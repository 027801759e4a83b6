"""The national protocol of key energy-using units (NECC): the platform's side of end devices."""
