"""Every part of the pages in one small program, to be looked at: made-up cases, long names, what can go wrong."""
