"""Routes by subject: shapes in and out, one call of a service each."""
