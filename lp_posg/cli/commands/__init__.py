"""The commands of ``lp-posg``, one file each."""
