"""Places for bundles as OCI specifies them: registries, layout folders, and layouts in a tar."""
