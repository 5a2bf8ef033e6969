#!/usr/bin/python3
"""One libtorrent session as a side of the benchmarks, all its limits lifted. Lines of JSON in and out, as ours-side.ts.

Debian's python3-libtorrent; run with /usr/bin/python3. Everything it talks to is in 127.0.0.0/8.
"""
import os

os.environ["SSL_CERT_FILE"] = "/dev/null"  # nobody uses TLS here, and loading certificates takes its time
os.environ["SSL_CERT_DIR"] = "/nonexistent"

import json
import sys
import time
import warnings

import libtorrent as lt

warnings.simplefilter("ignore", DeprecationWarning)
UNLIMITED = 100_000_000
LOOKUPS_AT_ONCE = 16
BATCH_SECONDS_MAX = 1
options = json.loads(sys.argv[1])
bootstrap = (options["bootstrap"]["host"], options["bootstrap"]["port"])
session = lt.session(
    {
        "listen_interfaces": f"{options['host']}:{options['port']}",
        "enable_dht": True,
        "dht_bootstrap_nodes": "",
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "dht_block_ratelimit": UNLIMITED,
        "dht_upload_rate_limit": UNLIMITED,
        "dht_restrict_routing_ips": False,  # the simulated network has few /24s, and ours does not count them there
        "dht_restrict_search_ips": False,
        "dht_max_infohashes_sample_count": 20,
        "dht_sample_infohashes_interval": 21_600,
        "aio_threads": 1,
        "hashing_threads": 1,
        "alert_queue_size": 100_000,
        "alert_mask": 0,
    }
)
session.add_dht_node(bootstrap)
found = set()


def say(answer):
    print(json.dumps(answer), flush=True)


def collect():
    for alert in session.pop_alerts():
        if isinstance(alert, lt.dht_get_peers_reply_alert) and alert.num_peers() > 0:
            found.add(str(alert.info_hash))


def look_up(infohashes):
    """A few at a time, as the others do: more answers than its receive buffer holds would be lost."""
    for first in range(0, len(infohashes), LOOKUPS_AT_ONCE):
        batch = set(infohashes[first : first + LOOKUPS_AT_ONCE])
        for infohash in batch:
            session.dht_get_peers(lt.sha1_hash(bytes.fromhex(infohash)))
        end = time.time() + BATCH_SECONDS_MAX
        while not batch <= found and time.time() < end:
            time.sleep(0.005)
            collect()


say({"ready": True})
for line in sys.stdin:
    command = json.loads(line)
    if command["do"] == "nodes":
        say({"nodes": session.status().dht_nodes})
    elif command["do"] == "lookups":
        session.apply_settings({"alert_mask": lt.alert.category_t.dht_operation_notification})
        found.clear()
        look_up(command["infohashes"])
        session.apply_settings({"alert_mask": 0})
        say({"found": len(found)})
os._exit(0)
