"""Gambit's files: strategic games and game trees."""
