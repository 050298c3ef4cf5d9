"""How fast the machine replays, beside the bound of a single memory touch an access and beside libCacheSim."""
