"""Correlated and coarse correlated equilibria of stage games."""
