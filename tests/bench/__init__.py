"""`make bench`: figures as ratios, in one run. Nothing here is a test: figures never fail a build."""
