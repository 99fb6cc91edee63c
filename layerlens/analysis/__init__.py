"""From a stacked filesystem to one frozen result that every output shows."""
