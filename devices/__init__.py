"""Everything with a wire: typed registers and protocols, drivers, deadlines."""
