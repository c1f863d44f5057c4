"""One-sided games, `.osposg`."""
