"""One self-contained HTML page about a comparison; needs the extra ``report``."""

from lp_posg.report.page import page, save

__all__ = ["page", "save"]
