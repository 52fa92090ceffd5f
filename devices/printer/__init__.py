"""The waybill printer: ZPL and its driver."""
