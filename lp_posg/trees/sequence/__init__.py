"""The sequence form of two-agent games: information sets, programs, best responses."""
