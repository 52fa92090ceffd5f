"""Code scanners: frames on the wire and the driver of a triggered reader."""
