"""Frames through a real forwarding namespace: nanoseconds a packet, sender included.

One JSON request on standard input: {"root": tool root, "devices": [[name, mac]...], "setup": ["ip ..." lines], "rules": text,
"in": device, "first": [frame hex...], "frames": [frame hex...], "rounds": number}; first and frames may each name another
device: [device, hex]. One JSON answer: {"ns": [a figure a round], "left": packets that came out in the last round}.

Everything runs on one cpu: a frame sent into a veth is forwarded before the call that sent it returns. Needs root; standard
library only.
"""
import ctypes
import json
import os
import socket
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint), ("iov", ctypes.POINTER(Iovec)), ("iovlen", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", Msghdr), ("len", ctypes.c_uint)]


def unshare():
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")


def run(argv, text=None):
    subprocess.run(argv, input=text, text=True, check=True, stdout=subprocess.DEVNULL)


def sender(frames):
    """Sends them all by as few calls as may be, each through the socket of its device."""
    calls = []
    at = 0
    while at < len(frames):
        device = frames[at][0]
        end = at
        while end < len(frames) and frames[end][0] == device and end - at < 1000:
            end += 1
        part = [bytes.fromhex(h) for _, h in frames[at:end]]
        iov = (Iovec * len(part))(*[Iovec(b, len(b)) for b in part])
        msgs = (Mmsghdr * len(part))()
        for i in range(len(part)):
            msgs[i].hdr.iov = ctypes.pointer(iov[i])
            msgs[i].hdr.iovlen = 1
        calls.append((device, msgs, len(part), iov, part))
        at = end
    sockets = {}
    for device in {c[0] for c in calls}:
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        s.bind(("p" + device, 0))
        sockets[device] = s

    def send():
        for device, msgs, n, _, _ in calls:
            done = 0
            while done < n:
                r = libc.sendmmsg(sockets[device].fileno(), ctypes.byref(msgs, done * ctypes.sizeof(Mmsghdr)), n - done, 0)
                if r < 0:
                    raise OSError(ctypes.get_errno(), "sendmmsg")
                done += r

    return send


def received(devices):
    total = 0
    for line in open("/proc/self/net/dev"):
        name, _, rest = line.partition(":")
        if name.strip() in devices:
            total += int(rest.split()[1])
    return total


def main():
    ask = json.load(sys.stdin)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    ready, tell = os.pipe()
    router = os.fork()
    if router == 0:
        unshare()
        os.write(tell, b"1")
        sys.stdin.close()
        time.sleep(3600)
        os._exit(0)
    try:
        os.read(ready, 1)
        unshare()
        inside = ["nsenter", "-t", str(router), "-n"]
        for name, mac in ask["devices"]:
            run(["ip", "link", "add", "p" + name, "type", "veth", "peer", "name", name, "address", mac, "netns", str(router)])
            run(["ip", "link", "set", "p" + name, "up"])
            run(["sysctl", "-qw", f"net.ipv6.conf.p{name}.disable_ipv6=1"])
        for line in ask["setup"]:
            run(inside + line.split())
        run(inside + ["chroot", ask["root"], "nft", "-f", "-"], ask["rules"])
        sender(ask["first"])()
        send = sender(ask["frames"])
        peers = {"p" + name for name, _ in ask["devices"]}
        ns = []
        for _ in range(ask["rounds"]):
            before = received(peers)
            start = time.perf_counter_ns()
            send()
            ns.append((time.perf_counter_ns() - start) / len(ask["frames"]))
            left = received(peers) - before
        print(json.dumps({"ns": ns, "left": left}))
    finally:
        os.kill(router, 9)
        os.waitpid(router, 0)


main()
