"""Dashboards for notebooks: controls that hold a scenario, a job that runs it in a thread, and pictures of its result.

None of them simulates: they call `tmemlab.compare` and draw with `tmemlab.figures`, as a notebook's own cells do.
"""

from tmemlab.widgets.panel import ComparePanel, compare_panel

__all__ = ["ComparePanel", "compare_panel"]
