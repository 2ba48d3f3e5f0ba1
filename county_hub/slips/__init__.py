"""Enrolment slips 启用单: made for an office, printed, used once by the node that is enrolled by it."""
