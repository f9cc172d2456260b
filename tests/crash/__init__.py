"""Long campaigns that kill what must not lose anything: `./run crash WHAT [N]`."""
