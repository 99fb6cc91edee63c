"""Two images of one kind side by side: what changed, what it costs to fetch, who did it.  Pure."""
