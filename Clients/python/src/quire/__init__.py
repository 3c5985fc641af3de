"""The Python client of Quire, the research-notebook kernel; ``quire.plugin`` is the kit for plugins in Python."""
