"""A page of HTML that needs nothing besides itself: markup, timeline, plot, tables.  Pure."""
