"""A small renderer: solids with procedural surfaces, sun, sky and lamps, seen through a lens."""
