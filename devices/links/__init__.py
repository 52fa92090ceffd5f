"""Byte streams to devices and the Modbus transactions over them."""
