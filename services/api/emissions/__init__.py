"""What leaves by outlets, and how much of it was told: concentrations, amounts, transmission rates."""
