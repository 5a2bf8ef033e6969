#!/usr/bin/python3
"""A closed BitTorrent swarm of real libtorrent sessions on loopback, for Lanternfish to crawl.

Seeds the .torrent files of a folder from some of the sessions, waits until the DHT of all of them has stored the
announcements, prints one line of JSON ({"isReady": true, "contacts": [...], ...}) and stays until stdin is closed.
To each line on stdin it answers with one line: what every session has counted since it was ready, by libtorrent's own
metrics, and whom it has banned, by its own log. No file data exists: torrents are added in seed mode, and metadata is all that anybody asks for.

Debian's python3-libtorrent; run with /usr/bin/python3. Every session has an address of its own, one in each /24, since
libtorrent's rules against floods are per address and per /24. Nothing leaves 127.0.0.0/8.
"""
from libtorrent_settings import PORT, closed_settings, wait_until_listening

import argparse
import json
import os
import random
import re
import sys
import threading
import time
from pathlib import Path

import libtorrent as lt

NEIGHBOURS = 24
COPIES_WANTED = 4
ANNOUNCE_AGAIN_SECONDS = 3
# Lifted while the swarm announces itself, and libtorrent's own when Lanternfish comes.
SETTING_UP = {
    "dht_block_ratelimit": 1_000_000,
    "dht_upload_rate_limit": 50_000_000,
    "alert_mask": lt.alert.category_t.dht_notification,
}
DEFAULTS = lt.default_settings()
METRICS = {
    # Datagrams not even read: their address is banned, or they are no KRPC at all.
    "droppedIn": "dht.dht_messages_in_dropped",
    "samplesIn": "dht.dht_sample_infohashes_in",
}
BAN = re.compile(r"BANNING PEER \[ ip: (\S+)")
LISTEN_EVERY_SECONDS = 0.25


class Swarm:
    def __init__(self, args):
        self.rng = random.Random(args.seed)
        self.addresses = [f"{args.base}.{1 + index}.1" for index in range(args.nodes)]
        self.sessions = [lt.session({**closed_settings(address), **SETTING_UP}) for address in self.addresses]
        wait_until_listening(self.sessions)
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
        """The limits that libtorrent has by default; from now on counting and listening for bans."""
        limits = {name: DEFAULTS[name] for name in SETTING_UP if name != "alert_mask"}
        for session in self.sessions:
            session.apply_settings({**limits, "alert_mask": lt.alert.category_t.dht_log_notification})
        self.bans = [[] for _ in self.sessions]
        self.stats = [None for _ in self.sessions]
        self.lock = threading.Lock()
        self.at_start = self.read_stats()
        threading.Thread(target=self.keep_listening, daemon=True).start()
        return limits

    def listen(self, index):
        """To be called often: the queue of alerts is bounded, and a session logs every step of its DHT."""
        with self.lock:
            for alert in self.sessions[index].pop_alerts():
                if isinstance(alert, lt.session_stats_alert):
                    self.stats[index] = alert.values
                elif isinstance(alert, lt.dht_log_alert):
                    ban = BAN.search(alert.log_message())
                    if ban:
                        self.bans[index].append(ban.group(1))

    def keep_listening(self):
        while True:
            for index in range(len(self.sessions)):
                self.listen(index)
            time.sleep(LISTEN_EVERY_SECONDS)

    def read_stats(self):
        self.stats = [None for _ in self.sessions]
        for session in self.sessions:
            session.post_session_stats()
        while None in self.stats:
            time.sleep(0.02)
            for index in range(len(self.sessions)):
                self.listen(index)
        return [{ours: values[theirs] for ours, theirs in METRICS.items()} for values in self.stats]

    def count(self):
        """Of each session, in the order of their addresses."""
        return [
            {**{name: now[name] - before[name] for name in METRICS}, "banned": bans}
            for now, before, bans in zip(self.read_stats(), self.at_start, self.bans)
        ]


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
    limit = threading.Timer(args.time_limit, os._exit, [1])
    limit.daemon = True  # else an exception in the main thread would leave the process behind
    limit.start()

    swarm = Swarm(args)
    swarm.seed(args.torrents, args.seeders)
    swarm.wait_for_tables(30)
    is_ready = swarm.announce(args.ready_limit)
    limits = swarm.settle()
    contacts = [f"{address}:{PORT}" for address in swarm.addresses]
    print(json.dumps({"isReady": is_ready, "contacts": contacts, "limits": limits, "libtorrent": lt.__version__}), flush=True)
    for _line in sys.stdin:
        print(json.dumps(swarm.count()), flush=True)
    os._exit(0)  # an orderly shutdown of many sessions takes longer than the test


if __name__ == "__main__":
    main()
