"""What other tools print as the multiply-adds of a network or model."""
