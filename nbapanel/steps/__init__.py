"""What each step of the pipeline does, one module a lane. No screen, and no SQL of its own."""
