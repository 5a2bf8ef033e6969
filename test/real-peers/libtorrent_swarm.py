#!/usr/bin/python3
"""A closed BitTorrent swarm of real libtorrent sessions on loopback, for Lanternfish to crawl.

Seeds the .torrent files of a folder from some of the sessions, waits until the DHT of all of them has stored the
announcements, prints one line of JSON ({"bootstrap": [...], "libtorrent": "..."}) and stays until stdin is closed.
No file data exists: torrents are added in seed mode, and metadata is all that anybody asks for.

Debian's python3-libtorrent; run with /usr/bin/python3. Every session has an address of its own, one in each /24, since
libtorrent's rules against floods are per address and per /24. Nothing leaves 127.0.0.0/8.
"""
import os

# Each session would load the system's certificates: 70 ms and 0.7 MB for something that nobody uses here.
os.environ["SSL_CERT_FILE"] = "/dev/null"
os.environ["SSL_CERT_DIR"] = "/nonexistent"

import argparse
import json
import random
import sys
import threading
import time
import warnings
from pathlib import Path

import libtorrent as lt

warnings.simplefilter("ignore", DeprecationWarning)

PORT = 6881
NEIGHBOURS = 24
COPIES_WANTED = 4
ANNOUNCE_AGAIN_SECONDS = 3


def settings(address, is_setting_up):
    """Flood limits are lifted while the swarm announces itself, and are libtorrent's own when Lanternfish comes."""
    return {
        "listen_interfaces": f"{address}:{PORT}",
        "enable_dht": True,
        "dht_bootstrap_nodes": "",
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        # A seed finds itself through the DHT, connects to itself from 127.0.0.1, and bans that peer; by address alone it
        # would ban Lanternfish with it.
        "allow_multiple_connections_per_ip": True,
        "dht_block_ratelimit": 1_000_000 if is_setting_up else 5,
        "dht_upload_rate_limit": 50_000_000 if is_setting_up else 8_000,
        "dht_max_torrents": 20_000,
        "active_dht_limit": 100_000,
        "active_seeds": 100_000,
        "active_limit": 100_000,
        "aio_threads": 1,
        "hashing_threads": 1,
        "alert_queue_size": 20_000,
        "alert_mask": lt.alert.category_t.dht_notification if is_setting_up else 0,
    }


class Swarm:
    def __init__(self, args):
        self.rng = random.Random(args.seed)
        self.addresses = [f"{args.base}.{1 + index}.1" for index in range(args.nodes)]
        self.sessions = [lt.session(settings(address, True)) for address in self.addresses]
        self.copies = {}
        self.handles = {}
        # A session asks its bootstrap nodes once, at a moment when all tables are empty: tell each of some others instead.
        for index, session in enumerate(self.sessions):
            for other in self.rng.sample(range(args.nodes), min(NEIGHBOURS, args.nodes)):
                if other != index:
                    session.add_dht_node((self.addresses[other], PORT))

    def seed(self, folder, seeder_count):
        for index, file in enumerate(sorted(Path(folder).glob("*.torrent"))):
            parameters = lt.add_torrent_params()
            parameters.ti = lt.torrent_info(str(file))
            parameters.save_path = "/nonexistent-lanternfish-swarm"
            parameters.flags = lt.torrent_flags.seed_mode
            handle = self.sessions[index % seeder_count].add_torrent(parameters)
            hashes = parameters.ti.info_hashes()
            keys = [str(hashes.v1)] if hashes.has_v1() else []
            if hashes.has_v2():
                keys.append(str(hashes.v2)[:40])
            for key in keys:
                self.handles[key] = handle

    def wait_for_tables(self, seconds):
        end = time.time() + seconds
        wanted = min(8, len(self.sessions) - 1)
        while time.time() < end:
            sizes = sorted(session.status().dht_nodes for session in self.sessions)
            if sizes[len(sizes) // 4] >= wanted:
                return
            time.sleep(0.2)

    def announce(self, seconds):
        """Announces until enough nodes have stored every infohash; False when the time is over."""
        end = time.time() + seconds
        announce_at = 0
        while True:
            missing = [key for key in self.handles if len(self.copies.get(key, ())) < COPIES_WANTED]
            if not missing:
                return True
            if time.time() > end:
                return False
            if time.time() > announce_at:
                for key in missing:
                    self.handles[key].force_dht_announce()
                announce_at = time.time() + ANNOUNCE_AGAIN_SECONDS
            time.sleep(0.2)
            for index, session in enumerate(self.sessions):
                for alert in session.pop_alerts():
                    if isinstance(alert, lt.dht_announce_alert):
                        self.copies.setdefault(str(alert.info_hash), set()).add(index)

    def settle(self):
        for session, address in zip(self.sessions, self.addresses):
            wanted = settings(address, False)
            del wanted["listen_interfaces"]
            session.apply_settings(wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torrents", required=True, help="folder of .torrent files")
    parser.add_argument("--nodes", type=int, default=60)
    parser.add_argument("--seeders", type=int, default=20)
    parser.add_argument("--base", default="127.3", help="first two parts of every address")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ready-limit", type=float, default=90, help="seconds")
    parser.add_argument("--time-limit", type=float, default=600, help="seconds until it ends by itself")
    args = parser.parse_args()
    if not args.base.startswith("127.") or not 2 <= args.seeders <= args.nodes <= 250:
        parser.error("addresses lie in 127.0.0.0/8, and 2 <= seeders <= nodes <= 250")
    threading.Timer(args.time_limit, os._exit, [1]).start()

    swarm = Swarm(args)
    swarm.seed(args.torrents, args.seeders)
    swarm.wait_for_tables(30)
    is_ready = swarm.announce(args.ready_limit)
    swarm.settle()
    bootstrap = [f"{address}:{PORT}" for address in swarm.addresses[-3:]]
    print(json.dumps({"isReady": is_ready, "bootstrap": bootstrap, "libtorrent": lt.__version__}), flush=True)
    sys.stdin.read()
    os._exit(0)  # an orderly shutdown of many sessions takes longer than the test


if __name__ == "__main__":
    main()
