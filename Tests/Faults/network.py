"""The services in network namespaces of their own, on a network that loses, delays, and falls apart between two of them."""
import secrets
import tempfile
import time

from account import account
from cluster import ORDER, Cluster, Layout
from load import CREDENTIAL, Load
from switch import Switch

RATE, SECONDS, LANES = 40, 24, 64
LEAD_SECONDS, PARTITION_SECONDS = 4, 15
LOSS, DELAY_SECONDS, JITTER_SECONDS = 0.3, 0.2, 0.1
CALLER = "caller"
# Those that talk.
PAIRS = [(CALLER, "gateway"), ("gateway", "scheduler"), ("scheduler", "worker"), ("worker", "notifier"), ("notifier", "backend")]


class Apart(Layout):
    """Each service in a namespace of its own; this process is the caller, in the one that it was started in."""

    def __init__(self, programs, folder, switch, names=ORDER):
        super().__init__(programs, folder)
        self.switch = switch
        self.settings[""] = {"CLUSTER_SECRET": secrets.token_hex(32)}
        self.settings["gateway"] = {"GATEWAY_ALLOW_ANONYMOUS": "true"}
        self.settings["notifier"] = {"EDVORA_ALLOW_PLAIN": "true"}
        for name in names:
            switch.join(name)
        switch.join(CALLER, inside=False)
        switch.start()

    def host(self, name):
        return self.switch.addresses[name]

    def command(self, name, command):
        return ["ip", "netns", "exec", name, *command]


# Those that speak HTTP, and that a proxy or a backend with TLS would protect.
PLAIN = {(CALLER, "gateway"), ("notifier", "backend")}


def run(programs, break_network, may_repeat):
    switch = Switch()
    switch.watched = CREDENTIAL
    try:
        with tempfile.TemporaryDirectory() as folder, Cluster(Apart(programs, folder, switch)) as cluster:
            load = Load(cluster.apis, RATE, SECONDS, LANES).start()
            time.sleep(LEAD_SECONDS)
            break_network(switch, load)
            switch.heal()
            load.join()
            row = account(cluster, [load], may_repeat=may_repeat)
            row["seen"] = [f"{switch.carried} packets carried, {switch.lost} lost, {switch.dropped} dropped"]
            if not switch.lost + switch.dropped and not switch.serial:
                row["problems"].append("nothing happened to the network")
            # Between the services everything is encrypted, by nothing but their secret; elsewhere the credential is seen.
            if switch.readable != PLAIN:
                row["problems"].append(f"the credential was read between {sorted(switch.readable)}, not {sorted(PLAIN)}")
            return row
    finally:
        switch.close()


def shaped(**how):
    def break_network(switch, load):
        switch.shape(**how)
        load.join()
    return break_network


def partition(one, other):
    def break_network(switch, load):
        switch.cut(one, other)
        time.sleep(PARTITION_SECONDS)
    return break_network


# An answer that is lost on its way leaves no choice but to send the request again: with its key.
LOSES_ANSWERS = {("worker", "notifier"), ("notifier", "backend")}

CASES = {
    "network/loss": lambda programs: run(programs, shaped(loss=LOSS), may_repeat=True),
    "network/delay": lambda programs: run(programs, shaped(delay=DELAY_SECONDS, jitter=JITTER_SECONDS), may_repeat=False),
    **{
        f"network/{pair[0]}-{pair[1]}": lambda programs, pair=pair: run(programs, partition(*pair), pair in LOSES_ANSWERS)
        for pair in PAIRS
    },
}
