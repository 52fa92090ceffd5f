"""What happened, append-only, and where everything stands: one SQLite file with one writing connection."""

from controller.journal.store import Journal, JournalUnavailable, Ledger

__all__ = ["Journal", "JournalUnavailable", "Ledger"]
