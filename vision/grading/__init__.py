"""Parts of the print grade: profiles across a code, their parameters and grades; `vision.print_quality` is the door."""
