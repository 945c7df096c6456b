#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""postfix-mta-sts-resolver, of Debian's package, as bench/live.py needs it: its own responder and internal cache on a port of
the loopback, or at PATH; which of them is printed. The cache is filled before it starts, with fresh policies for DOMAINS domains, so that
neither DNS nor HTTPS is asked: the best that it can do.
"""
import asyncio
import sys
import time

from postfix_mta_sts_resolver import utils
from postfix_mta_sts_resolver.base_cache import CacheEntry
from postfix_mta_sts_resolver.responder import STSSocketmapResponder

DAY = 86400


async def serve(domains, path):
    """For ever."""
    config = utils.populate_cfg_defaults({
        **({"path": path} if path else {"host": "127.0.0.1", "port": 0}), "cache_grace": DAY,
        "cache": {"type": "internal", "options": {"cache_size": domains}}})
    cache = utils.create_cache("internal", {"cache_size": domains})
    await cache.setup()
    for number in range(domains):
        name = f"d{number:08}.example"
        policy = {"version": "STSv1", "mode": "enforce", "max_age": 30 * DAY, "mx": [f"mx1.{name}", f"mx2.{name}"]}
        await cache.set(name, CacheEntry(time.time(), "1", policy))
    responder = STSSocketmapResponder(config, asyncio.get_event_loop(), cache)
    await responder.start()
    print(path or responder._server.sockets[0].getsockname()[1], flush=True)    # it does not tell
    await asyncio.Event().wait()


if __name__ == "__main__":
    utils.enable_uvloop()
    asyncio.get_event_loop().run_until_complete(serve(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
