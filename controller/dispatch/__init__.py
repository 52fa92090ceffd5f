"""What dispatch is told: events in the outbox, mail bags, the link that publishes, and a reference subscriber."""
