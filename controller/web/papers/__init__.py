"""What leaves the line on paper: PDF files in Chinese or English, readable without colour, and how one is verified."""
