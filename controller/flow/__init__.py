"""What happens to items on the line, and what may: tracking, permits, suspects, recovery."""
