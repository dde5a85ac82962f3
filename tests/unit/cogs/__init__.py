"""The doors, as far as a plain value comes out of what Discord sends."""
