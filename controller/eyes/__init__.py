"""The cameras' side of the line: vision in worker processes, evidence, golden samples."""
