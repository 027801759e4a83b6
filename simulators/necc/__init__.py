"""End devices of key energy-using units, which speak the national protocol (NECC)."""
