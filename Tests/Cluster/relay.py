"""Stands between services: passes on what is said, both ways, and keeps all of it.

usage: relay.py HOST:PORT FILE      FILE: what was said is written behind what is in it
"""
import json
import socket
import sys
import threading


def pass_on(source, target, file):
    try:
        while data := source.recv(65_536):
            file.write(data)
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main(address, path):
    host, port = address.rsplit(":", 1)
    file = open(path, "ab", buffering=0)
    server = socket.create_server(("127.0.0.1", 0))
    said = dict(message="wire listening", address="127.0.0.1:%d" % server.getsockname()[1])
    print(json.dumps(said, separators=(",", ":")), flush=True)
    while True:
        near, _ = server.accept()
        far = socket.create_connection((host, int(port)))
        for pair in ((near, far), (far, near)):
            threading.Thread(target=pass_on, args=[*pair, file], daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
