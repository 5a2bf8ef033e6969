#!/usr/bin/python3
"""Real libtorrent sessions and a few raw datagrams, driven by a test: one JSON object a line in, one a line out.

Debian's python3-libtorrent; run with /usr/bin/python3. Ends when its stdin is closed, or after --time-limit seconds.
Addresses lie in 127.0.0.0/8, or in 10.0.0.0/8 of a network namespace without any way out.
"""
from libtorrent_settings import closed_settings, wait_until_listening

import argparse
import json
import os
import socket
import struct
import sys
import threading
import time

import libtorrent as lt

ANSWER_SECONDS = 3


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def compact(text):
    host, port = endpoint(text)
    return socket.inet_aton(host) + struct.pack(">H", port)


def ask(udp, to, method, arguments):
    """One query and its reply, {} when none came."""
    transaction = os.urandom(4)
    udp.sendto(lt.bencode({"t": transaction, "y": "q", "q": method, "ro": 1, "a": arguments}), to)
    udp.settimeout(ANSWER_SECONDS)
    try:
        while True:
            message = lt.bdecode(udp.recv(4096))
            if message and message.get(b"t") == transaction:
                return message
    except OSError:
        return {}


class Teller(threading.Thread):
    """A node that has samples; for their peers it asks others, and passes on what they say, byte for byte."""

    def __init__(self, address, asks_from, infohashes, nodes):
        super().__init__(daemon=True)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(endpoint(address))
        self.id = os.urandom(20)
        self.samples = b"".join(bytes.fromhex(text) for text in infohashes)
        self.nodes = b"".join(bytes.fromhex(node["id"]) + compact(node["contact"]) for node in nodes)
        self.values = {bytes.fromhex(text): self.values_of(asks_from, bytes.fromhex(text), nodes) for text in infohashes}

    def values_of(self, asks_from, infohash, nodes):
        """Not from its own address: whom it asks may remember it by the port that it asked from."""
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((asks_from, 0))
        wanted = {"id": self.id, "info_hash": infohash}
        replies = [ask(udp, endpoint(node["contact"]), "get_peers", wanted).get(b"r", {}) for node in nodes]
        udp.close()
        return [value for reply in replies for value in reply.get(b"values", [])]

    def run(self):
        while True:
            data, sender = self.udp.recvfrom(4096)
            query = lt.bdecode(data)
            if not query or query.get(b"y") != b"q":
                continue
            reply = {"id": self.id}
            if query[b"q"] != b"ping":
                reply["nodes"] = self.nodes
            if query[b"q"] == b"sample_infohashes":
                reply.update(interval=21600, num=len(self.samples) // 20, samples=self.samples)
            if query[b"q"] == b"get_peers":
                reply.update(token=b"none", values=self.values.get(query[b"a"][b"info_hash"], []))
            self.udp.sendto(lt.bencode({"t": query[b"t"], "y": "r", "r": reply}), sender)


class Peers:
    def __init__(self):
        self.sessions = {}
        self.handles = {}

    def session(self, name, address, settings):
        """Starts a session on `address` (host:port, [host]:port for IPv6); `settings` are libtorrent's own names."""
        host, port = address.rsplit(":", 1)
        mask = lt.alert.category_t.dht_operation_notification | lt.alert.category_t.error_notification
        self.sessions[name] = lt.session({**closed_settings(host, port), "alert_mask": mask, **settings})
        wait_until_listening([self.sessions[name]], int(port))
        return {"libtorrent": lt.__version__}

    def add_node(self, name, contact):
        self.sessions[name].add_dht_node(endpoint(contact))
        return {}

    def add_torrent(self, name, file, folder, is_seed):
        """Seeds what lies in `folder`, or downloads into it. Nobody is named: peers come from the DHT or not at all."""
        parameters = lt.add_torrent_params()
        parameters.ti = lt.torrent_info(file)
        parameters.save_path = folder
        parameters.flags = lt.torrent_flags.seed_mode if is_seed else lt.torrent_flags.update_subscribe
        self.handles[name] = self.sessions[name].add_torrent(parameters)
        return {"infohash": str(parameters.ti.info_hashes().get_best())}

    def announce(self, name):
        self.handles[name].force_dht_announce()
        return {}

    def state(self, name):
        answer = {"dhtNodes": self.sessions[name].status().dht_nodes}
        if name in self.handles:
            status = self.handles[name].status()
            peers = [f"{host}:{port}" for host, port in (peer.ip for peer in self.handles[name].get_peer_info())]
            answer.update(state=str(status.state), isComplete=status.is_seeding, progress=status.progress, peers=peers)
        return answer

    def sample(self, name, contact, target):
        """libtorrent's own sample_infohashes, and what it made of the answer; null when there was none."""
        session = self.sessions[name]
        session.pop_alerts()
        session.dht_sample_infohashes(endpoint(contact), lt.sha1_hash(bytes.fromhex(target)))
        end = time.time() + ANSWER_SECONDS
        while time.time() < end:
            session.wait_for_alert(200)
            for alert in session.pop_alerts():
                if isinstance(alert, lt.dht_sample_infohashes_alert):
                    return {
                        "intervalSeconds": int(alert.interval.total_seconds()),
                        "num": alert.num_infohashes,
                        "samples": [str(sample) for sample in alert.samples],
                        "nodes": ["%s:%d" % node["endpoint"] for node in alert.nodes],
                    }
        return None

    def ask(self, source, contact, method, arguments):
        """One raw query from the address `source`; whether `contact` answered, and its node id."""
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((source, 0))
        try:
            values = {key: bytes.fromhex(value) for key, value in arguments.items()}
            message = ask(udp, endpoint(contact), method, {"id": os.urandom(20), **values})
            return {"kind": message.get(b"y", b"").decode(), "id": message.get(b"r", {}).get(b"id", b"").hex()}
        finally:
            udp.close()

    def tell_peer(self, source, port, infohash, contact):
        """Announces `source`:`port` for `infohash` to one node, as a client at that address would (BEP 5)."""
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((source, 0))
        try:
            wanted = {"id": os.urandom(20), "info_hash": bytes.fromhex(infohash)}
            reply = ask(udp, endpoint(contact), "get_peers", wanted).get(b"r", {})
            if b"token" not in reply:
                return {"isStored": False}
            announce = {**wanted, "port": port, "implied_port": 0, "token": reply[b"token"]}
            return {"isStored": ask(udp, endpoint(contact), "announce_peer", announce).get(b"y") == b"r"}
        finally:
            udp.close()

    def teller(self, address, asks_from, infohashes, nodes):
        Teller(address, asks_from, infohashes, nodes).start()
        return {}

    def forge(self, source, contact, method, transaction):
        """A query that claims to come from `source` (host:port): whoever answers it, answers somebody who asked nothing."""
        host, port = endpoint(source)
        to_host, to_port = endpoint(contact)
        query = lt.bencode({"t": transaction, "y": "q", "q": method, "a": {"id": os.urandom(20)}})
        udp = struct.pack(">HHHH", port, to_port, 8 + len(query), 0) + query
        addresses = socket.inet_aton(host) + socket.inet_aton(to_host)
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0) + addresses
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        raw.sendto(header + udp, (to_host, 0))
        raw.close()
        return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-limit", type=float, default=600, help="seconds until it ends by itself")
    limit = threading.Timer(parser.parse_args().time_limit, os._exit, [1])
    limit.daemon = True  # else an exception in the main thread would leave the process behind
    limit.start()
    peers = Peers()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"answer": getattr(peers, command.pop("do"))(**command)}
        except Exception as problem:  # for the test to tell
            answer = {"problem": repr(problem)}
        print(json.dumps(answer), flush=True)
    os._exit(0)  # an orderly shutdown of many sessions takes longer than the test


main()
