"""Images of registries, read without an engine (OCI distribution-spec, "Pull")."""
