"""The program of villages and townships; its level comes with enrolment."""
