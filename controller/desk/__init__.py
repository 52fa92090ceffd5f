"""What an operator, a page or a command may ask of the running line, and the channel over which it asks."""
