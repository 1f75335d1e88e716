"""What is done with bundles: one file a verb, over a project and an :class:`Exchange`."""
