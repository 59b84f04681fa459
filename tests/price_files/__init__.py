"""Published price files into the rules."""
