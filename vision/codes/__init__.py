"""Finding and reading bar codes: one file a reader, a way of looking, or a rule of belief; `vision.barcodes` is the door.

Nothing here knows what an order expects but the ladder, and nothing knows a clock: work is counted in declared costs.
"""
