"""The API and what serves the workspace: a thin face over the services."""
