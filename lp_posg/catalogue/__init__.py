"""The catalogue: games and game trees of publications, with their sources and known values."""

from lp_posg.catalogue.entries import CatalogEntry, KnownValue, catalog, catalog_entries
from lp_posg.catalogue.tree_entries import TreeEntry, extensive_catalog, extensive_entries

__all__ = [
    "CatalogEntry",
    "KnownValue",
    "TreeEntry",
    "catalog",
    "catalog_entries",
    "extensive_catalog",
    "extensive_entries",
]
