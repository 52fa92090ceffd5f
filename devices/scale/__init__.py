"""The parcel scale: MT-SICS lines and their driver."""
