"""The operator's page and the HTTP API, in a process of their own.

They read the journal in short read-only reads and command the line over its channel; they own no device and decide
nothing. What floods them can't slow a permit.
"""
