"""What an image says about itself: digests, references, configuration, history."""
