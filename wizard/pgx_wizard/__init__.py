"""From a declared application to hvw settings; comes after the agent."""
