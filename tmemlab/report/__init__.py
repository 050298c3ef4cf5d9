"""Reports: one self-contained HTML file that a person can read, print and mail.

A section is a function from a `Comparison` to a `Section`, or to None where it has nothing to say; it is listed in
`SECTIONS`, in reading order. Sections hold plain values; only the template knows HTML.
"""

from tmemlab.report.page import SECTIONS, write_report
from tmemlab.report.section import Cell, Picture, Section, Table

__all__ = ["SECTIONS", "Cell", "Picture", "Section", "Table", "write_report"]
