"""What the system knows: frozen records and vocabularies. Nothing here reads, writes or decides."""
