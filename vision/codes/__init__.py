"""Finding and reading bar codes: a file for each reader, way of looking and rule; `vision.barcodes` is the door.

Nothing here knows what an order expects but the ladder, and nothing knows a clock: work is counted in declared costs.
"""
