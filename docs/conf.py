"""Configuration of the documentation: `make docs` builds it into build/docs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from lp_posg.version import __version__  # noqa: E402

project = "lp-posg"
author = "The lp-posg authors"
project_copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "sphinx_copybutton",
    "generated_pages",
]
exclude_patterns = ["_ext"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

# ---- text ------------------------------------------------------------------------------------
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
# A name in single backticks links to its entry if there is one, and is code otherwise.
default_role = "py:obj"
nitpick_ignore_regex = [("py:obj", ".*"), ("py:class", r"(?!lp_posg\.).*")]
# Names such as `discount` belong to several classes; which one is meant is then not said, and it is no link.
suppress_warnings = ["ref.python"]
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# ---- the Python reference ----------------------------------------------------------------------
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "none"  # the docstrings say it, with shapes and units
autodoc_class_signature = "mixed"
maximum_signature_line_length = 80
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
# Attributes as parameters are shown: several may stand on one line.
napoleon_custom_sections = [("Attributes", "params_style")]
add_module_names = False
toc_object_entries_show_parents = "hide"

# ---- HTML: nothing is fetched from elsewhere, MathJax and its fonts included ---------------------------
html_theme = "furo"
html_title = f"lp-posg {__version__}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}


def without_constructor(app: Any, what: str, name: str, obj: Any, options: Any, signature: Any, returns: Any) -> Any:
    """Show no arguments of results: what has attributes and no parameters is not made by a user."""
    told = (getattr(obj, "__doc__", "") or "") if what == "class" else ""
    is_result = "Attributes\n" in told and "Parameters\n" not in told
    return ("", None) if is_result else None


def setup(app: Any) -> None:
    """Connect what this file adds to Sphinx."""
    app.connect("autodoc-process-signature", without_constructor)
