"""An archive, or a part of it, in a form that others can read."""
