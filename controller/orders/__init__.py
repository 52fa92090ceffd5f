"""Work orders, their parts and their mail numbers, from handing in to the parcel."""
