"""Nash equilibria of stage games."""
