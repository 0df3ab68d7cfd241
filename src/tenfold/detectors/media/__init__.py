"""Known pictures: hashing in a confined process, an exact index of hashes, and the detector."""
