"""What the line decides and remembers."""
