"""One image over time: its figures at each point, and what moved them between two.  Pure."""
