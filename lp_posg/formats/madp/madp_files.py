"""The ``.dpomdp`` format of MADP (after Cassandra's POMDP files) for a common reward, and our superset ``.posg``.

The latter adds rewards of one agent (``R[agent]:``), quoted names, the law of an observation made before the first
action (``start-observation:``) and games that vary with time (``horizon:``, ``T@h:``, ``O@h:``, ``R@h:``,
``R@h[agent]:`` with steps counted from 1).
"""

from __future__ import annotations

from lp_posg.formats.madp.reader import parse_madp
from lp_posg.formats.madp.writer import write_dpomdp, write_posg
from lp_posg.formats.registry import Format, reader

DPOMDP = Format("dpomdp", (".dpomdp",), reader(parse_madp, extended=False), write_dpomdp)
POSG = Format("posg", (".posg",), reader(parse_madp), write_posg)
