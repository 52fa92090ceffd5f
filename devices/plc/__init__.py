"""PLC stations: the contract that both ends share, and the driver of the line's end."""
