"""The county's program: windows, decisions, the reconciliation desk, administration, public pages."""
