"""The DAG of common-information states in blocks, and the backward sweep over it."""
