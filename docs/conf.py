"""How Sphinx builds the documentation: ``make docs``."""

from airflow_provider_exchange import __version__

project = "airflow-provider-exchange"
author = "The authors of airflow-provider-exchange"
project_copyright = author
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_domain_indices = html_use_index = False  # nothing leads to them

nitpicky = False
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_class_signature = "separated"
autodoc_default_options = {"members": True, "show-inheritance": True, "exclude-members": "__new__"}
autodoc_preserve_defaults = True
toc_object_entries_show_parents = "hide"  # they stand above
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]
