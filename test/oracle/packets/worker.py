"""Plays single steps on the real kernel for the differential packet tests (kernel.ts talks to it).

One JSON request a line on standard input, one JSON answer a line on standard output:

    {"op": "fresh", "links": [[name, mac, peer]...], "sysctl": [[path, value]...], "ip": [[family, "batch lines"]...]}
    {"op": "run", "argv": [...], "stdin": text}   -> {"status", "stdout", "stderr", "out"}
    {"op": "inject", "iface": "eth0", "frame": hex} -> {"out": [[iface, hex]...]}
    {"op": "local", "packet": hex}                -> {"out", "error"}: a raw IP_HDRINCL socket on the router sends it
    {"op": "wait", "seconds": number}             -> {"out"}

`fresh` gives a router namespace under test and a peer namespace that holds the other ends of its devices. Everything runs
on one cpu, where a veth's receive queue is first in, first out: a step is over when marker frames, sent after it through
a veth pair of their own, have come out again; no waiting for silence. Standard library only.

Usage: worker.py TOOL-ROOT [CPU]. Needs root.
"""
import ctypes
import errno
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
ETH_P_ALL, MARK_TYPE = 3, 0x88B5
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 0x10, 0x40
SIOCETHTOOL, SIOCSIFFLAGS = 0x8946, 0x8914
ETHTOOL_OFF = (0x15, 0x17, 0x19, 0x1F, 0x24, 0x2C)  # rx tx sg tso gso gro
ROUNDS = 4  # a packet crosses at most so many veth queues: in, a tunnel or bridge of its own, out, and one to spare
TICK = 0.005  # longer than a jiffy: what the kernel does once a jiffy (garbage, rate tokens) it may do at each step
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/root", "TERM": "dumb"}
libc = ctypes.CDLL(None, use_errno=True)


def check(r, what):
    if r:
        raise OSError(ctypes.get_errno(), what)


def unshare(flags):
    check(libc.unshare(flags), "unshare")


def mount(src, dst, kind=None, flags=0):
    enc = lambda x: x.encode() if x else None
    check(libc.mount(enc(src), enc(dst), enc(kind), ctypes.c_ulong(flags), None), "mount " + dst)


def up(dev):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", dev.encode(), 0x1 | 0x40 | 0x100))  # up, running, promiscuous


def offloads_off(dev):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for cmd in ETHTOOL_OFF:
            val = ctypes.create_string_buffer(struct.pack("II", cmd, 0), 8)
            try:
                fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sP16x", dev.encode(), ctypes.addressof(val)))
            except OSError:
                pass  # the device has no such switch


def tool(argv, stdin="", fds=()):
    try:
        p = subprocess.run(argv, input=stdin.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV, timeout=20, pass_fds=fds)
        return {"status": p.returncode, "stdout": p.stdout.decode("utf-8", "replace"), "stderr": p.stderr.decode("utf-8", "replace")}
    except subprocess.TimeoutExpired:
        return {"status": -1, "stdout": "", "stderr": "(timed out)\n"}


def packet_socket(dev=None):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL) if dev is None else 0)
    if dev is not None:
        s.bind((dev, 0))
    return s


class World:
    def __init__(self, links, sysctl, batches):
        unshare(CLONE_NEWNET)
        peer = os.open("/proc/self/ns/net", os.O_RDONLY)
        for k in ("all", "default"):
            with open("/proc/sys/net/ipv6/conf/%s/disable_ipv6" % k, "w") as f:
                f.write("1")
        made = tool(["ip", "link", "add", "m0", "type", "veth", "peer", "name", "m1"])
        unshare(CLONE_NEWNET)
        router = os.open("/proc/self/ns/net", os.O_RDONLY)
        for k, v in sysctl:
            with open("/proc/sys/" + k, "w") as f:
                f.write(str(v))
        lines = ["link set lo up"] + ["link add %s address %s type veth peer name %s netns /proc/self/fd/%d" % (n, m, p, peer) for n, m, p in links]
        self.ok(tool(["ip", "-batch", "-"], "\n".join(lines) + "\n", (peer,)))
        for name, _, _ in links:
            offloads_off(name)
        check(libc.setns(peer, CLONE_NEWNET), "setns")
        for dev in ["m0", "m1"] + [p for _, _, p in links]:
            offloads_off(dev)
            up(dev)
        self.cap = packet_socket()
        self.cap.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.cap.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.cap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.cap.settimeout(2)
        self.mark = packet_socket("m0")
        self.tx = {n: packet_socket(p) for n, _, p in links}
        self.name = {p: n for n, _, p in links}
        check(libc.setns(router, CLONE_NEWNET), "setns")
        for family, text in batches:
            self.ok(tool(["ip", family, "-batch", "-"], text))
        self.raw4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.raw6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        os.close(peer)
        os.close(router)
        self.count = 0
        self.settle()

    def settle(self):
        """A fresh device sends and receives only when the kernel's link watch has seen it: tries until frames pass."""
        ends = [packet_socket(n) for n in self.tx]
        pairs = [(self.mark, "m1")] + list(zip(ends, self.name))
        self.cap.settimeout(0.002)
        for end, dev in pairs:
            for _ in range(500):
                end.send(b"\xff" * 6 + b"\2\0\0\0\0\1" + struct.pack("!H", MARK_TYPE) + b"\0" * 46)
                try:
                    while self.receive()[0] != dev:
                        pass
                    break
                except TimeoutError:
                    pass
        for end in ends:
            end.close()
        self.cap.settimeout(2)
        quiet = 0
        while quiet < 2:  # the multicast listener reports of the fresh devices, which rules would count
            time.sleep(0.015)
            quiet = 0 if self.drain() else quiet + 1

    @staticmethod
    def ok(r):
        if r["status"]:
            raise RuntimeError("topology: " + r["stderr"])

    def close(self):
        for s in [self.cap, self.mark, self.raw4, self.raw6, *self.tx.values()]:
            s.close()

    def receive(self):
        """(device in the peer, frame with its VLAN tag back in place) of the next frame."""
        data, cmsg, _, addr = self.cap.recvmsg(65600, 64)
        for level, kind, aux in cmsg:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", aux[:20])
                if status & TP_STATUS_VLAN_VALID:
                    data = data[:12] + struct.pack("!HH", tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100, tci) + data[12:]
        return addr[0], data

    def drain(self):
        out = []
        for _ in range(ROUNDS):
            self.count += 1
            mark = b"\xff" * 6 + b"\2\0\0\0\0\1" + struct.pack("!HI", MARK_TYPE, self.count) + b"\0" * 42
            self.mark.send(mark)
            while True:
                dev, data = self.receive()
                if dev == "m1":
                    if data[:18] == mark[:18]:
                        break
                elif dev in self.name:
                    out.append([self.name[dev], data.hex()])
        return out

    def inject(self, iface, frame):
        time.sleep(TICK)
        try:
            self.tx[iface].send(frame)
        except OSError:
            return {"out": [], "refused": True}  # larger than the device takes: it never reached the router
        return {"out": self.drain()}

    def local(self, packet):
        error = None
        time.sleep(TICK)
        try:
            if packet[0] >> 4 == 4:
                self.raw4.sendto(packet, (socket.inet_ntop(socket.AF_INET, packet[16:20]), 0))
            else:
                self.raw6.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0, 0, 0))
        except OSError as e:
            error = errno.errorcode.get(e.errno, str(e.errno))
        return {"error": error, "out": self.drain()}


def main():
    root = sys.argv[1]
    os.sched_setaffinity(0, {int(sys.argv[2]) if len(sys.argv) > 2 else min(os.sched_getaffinity(0))})
    unshare(CLONE_NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("proc", root + "/proc", "proc")
    mount("tmpfs", root + "/run", "tmpfs")
    os.chroot(root)
    os.chdir("/")
    world = None
    for line in sys.stdin:
        q = json.loads(line)
        op = q["op"]
        try:
            if op == "fresh":
                if world:
                    world.close()
                world, answer = World(q["links"], q["sysctl"], q["ip"]), {}
            elif op == "run":
                answer = tool(q["argv"], q.get("stdin") or "")
                answer["out"] = world.drain()
            elif op == "inject":
                answer = world.inject(q["iface"], bytes.fromhex(q["frame"]))
            elif op == "local":
                answer = world.local(bytes.fromhex(q["packet"]))
            else:
                time.sleep(q["seconds"])
                answer = {"out": world.drain()}
        except Exception as e:
            answer = {"failed": "%s: %s" % (type(e).__name__, e)}
        print(json.dumps(answer), flush=True)


main()
