"""月报: what the API says of an area and a month, frozen, sealed, and held against what it says now."""
