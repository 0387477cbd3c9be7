"""Documents in, passages out: parsing, chunking, embedding, two indexes and their fusion."""
