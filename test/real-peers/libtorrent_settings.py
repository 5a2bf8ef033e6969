"""Settings that every libtorrent session of these tests shares: nothing of it leaves its own address."""
import os

# Each session would load the system's certificates: 70 ms and 0.7 MB for something that nobody uses here. Before the import.
os.environ["SSL_CERT_FILE"] = "/dev/null"
os.environ["SSL_CERT_DIR"] = "/nonexistent"

import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)

# Not 6881: whoever runs a torrent client on this machine has that.
PORT = 27_369
LISTEN_SECONDS = 10


def closed_settings(address, port=PORT):
    """A session on one address that knows the DHT and no other way to find anybody. DHT limits are libtorrent's own."""
    return {
        "listen_interfaces": f"{address}:{port}",
        # This port or a failure: a test that knows another one would wait in vain.
        "max_retry_port_bind": 0,
        "enable_dht": True,
        "dht_bootstrap_nodes": "",
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        # A seed finds itself through the DHT, connects to itself from 127.0.0.1, and bans that peer; by address alone it
        # would ban Lanternfish with it.
        "allow_multiple_connections_per_ip": True,
        "active_dht_limit": 100_000,
        "active_seeds": 100_000,
        "active_limit": 100_000,
        "aio_threads": 1,
        "hashing_threads": 1,
        "alert_queue_size": 20_000,
    }


def wait_until_listening(sessions, port=PORT):
    """Raises when one of them could not have its port."""
    end = time.time() + LISTEN_SECONDS
    while any(session.listen_port() != port for session in sessions):
        if time.time() > end:
            raise OSError(f"no libtorrent session listens on port {port}: does another program have it?")
        time.sleep(0.05)
