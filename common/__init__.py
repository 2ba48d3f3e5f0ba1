"""The domain and the shell that both programs share.  The pure part is listed in docs/architecture.md."""
