"""Stage games in blocks, depth by depth, and the backward sweep over them."""
