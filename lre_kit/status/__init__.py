"""Status: whether each service works, measured by probes; outages attested; what operators announce of it."""
