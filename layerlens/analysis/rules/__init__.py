"""Rules: what is waste, who is to blame, how to fix it, and what comes back."""
