"""Files of the MADP toolbox, `.dpomdp`, and our superset of them, `.posg`."""
