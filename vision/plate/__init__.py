"""One plate's picture: its kind, its rows, its characters' places, whether they are visible and well made."""
