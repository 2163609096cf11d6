"""What we may claim: controls and batteries that a detector has to pass."""
