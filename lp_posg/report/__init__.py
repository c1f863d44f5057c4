"""One self-contained HTML page about a comparison; needs the extra ``report``."""

from lp_posg.report.html import page, save

__all__ = ["page", "save"]
