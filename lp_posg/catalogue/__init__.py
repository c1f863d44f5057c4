"""The catalogue: games and game trees of publications, with their sources and known values."""

from lp_posg.catalogue.entries import CatalogEntry, KnownValue
from lp_posg.catalogue.lookup import catalog, catalog_entries, catalog_entry

__all__ = ["CatalogEntry", "KnownValue", "catalog", "catalog_entries", "catalog_entry"]
