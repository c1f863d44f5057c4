"""The catalogue: games and game trees of publications, with their sources and known values."""

from lp_posg.catalogue.about import catalog, catalog_entries, catalog_entry
from lp_posg.catalogue.entries import CatalogEntry, KnownValue

__all__ = ["CatalogEntry", "KnownValue", "catalog", "catalog_entries", "catalog_entry"]
