"""The sandbox and what runs in it: type by content, digests, decoders. Hostile bytes go nowhere else."""
