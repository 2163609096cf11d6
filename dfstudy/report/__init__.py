"""Figures and pages, in one theme and from one set of templates."""
