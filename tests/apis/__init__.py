"""Ten APIs of different kinds: each a vendor that documents itself so, and a connector of a few lines a stream."""
