"""Xen's transcendent memory without guests: op logs, the machine by hand, and what the toolstack prints."""
