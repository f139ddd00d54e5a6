"""The settings dialog, built from the declarations of what can be set. It saves nothing."""
