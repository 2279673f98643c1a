#!/usr/bin/env python3
"""A program that does one thing wrong, bounded in size and time.

Usage: culprit.py NAME SECONDS WHAT [ARGUMENT...]

NAME becomes the process's name, so that the right cause can be recognised. WHAT is one of
  spin [workers]              burns that many cores
  write DIR BYTES_PER_SECOND  appends to a file there
  deleted DIR BYTES_PER_SECOND  the same, to a file that it has deleted
  inodes DIR PER_SECOND       makes empty files
  leak BYTES_PER_SECOND MAX   keeps memory
  descriptors PER_SECOND MAX  keeps descriptors
  children COUNT              starts processes that sleep
  zombies COUNT               starts programs (true) and does not collect them
  spawn COUNT                 starts programs (sleep) and lets them sleep
  threads COUNT               starts threads that sleep
  refused PER_SECOND          connects to a port where nobody listens
  backlog                     listens and does not accept, while others connect
  datagrams                   receives too slowly for what is sent
  timewait PER_SECOND         opens and closes connections
  append DIR BYTES_PER_SECOND appends, opening and closing the file each time
  hold DIR BYTES              writes a file of this size at once, deletes it and keeps it open
  crash                       has a child that breaks, every second
  connect HOST PER_SECOND     connects to a port of that address
  send HOST                   sends to a server at that address, port 7700
  serve                       reads what comes to port 7700
  names HOST COUNT            asks a name server for so many names at a time
  semaphores COUNT            makes arrays of semaphores
  flood FILE LINES_PER_SECOND writes the same line to a log
  hang DIR                    mounts a file system that never answers (root)
  setuid DIR SECONDS          puts a program with the set-user-ID bit there, after so long
Network traffic stays on loopback, but for connect, send, serve and names.
"""
import ctypes
import os
import resource
import signal
import socket
import sys
import threading
import time


def rename(name):
    ctypes.CDLL(None).prctl(15, name.encode()[:15], 0, 0, 0)


def pace(per_second, until):
    """Yields so often a second until the time is up, in bursts; what it could not do in one it does
    in the next, as far as the machine allows."""
    began, done = time.monotonic(), 0
    while time.monotonic() < until:
        due = per_second * (time.monotonic() - began + 0.1)
        while done < due and time.monotonic() < until:
            done += 1
            yield
        time.sleep(0.1)


def spin(until, workers=1):
    for _ in range(int(workers) - 1):
        if os.fork() == 0:
            break
    while time.monotonic() < until:
        for _ in range(100000):
            pass


def write(until, directory, rate, delete=False):
    path = os.path.join(directory, "grows.log")
    block = b"x" * max(1, int(rate) // 10)
    with open(path, "ab", buffering=0) as file:
        if delete:
            os.unlink(path)
        while time.monotonic() < until:
            try:
                file.write(block)
            except OSError:
                pass
            time.sleep(0.1)
    if not delete:
        os.unlink(path)


def inodes(until, directory, rate):
    made = 0
    for _ in pace(float(rate), until):
        try:
            open(os.path.join(directory, f"f{made}"), "w").close()
            made += 1
        except OSError:
            pass


def leak(until, rate, most):
    kept, size = [], max(1, int(rate) // 10)
    while time.monotonic() < until:
        if len(kept) * size < int(most):
            kept.append(bytearray(os.urandom(4096)) * (size // 4096))
        time.sleep(0.1)


def descriptors(until, rate, most):
    """Once the limit is reached it goes on without, as a program does that logs the error."""
    kept = []
    for _ in pace(float(rate), until):
        if len(kept) < int(most):
            try:
                kept.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                pass


def children(until, count):
    pids = []
    for _ in range(int(count)):
        pid = os.fork()
        if pid == 0:
            time.sleep(max(0, until - time.monotonic()))
            os._exit(0)
        pids.append(pid)
    time.sleep(max(0, until - time.monotonic()))
    for pid in pids:
        os.waitpid(pid, 0)


def zombies(until, count):
    for _ in range(int(count)):
        if os.fork() == 0:
            os.execv("/bin/true", ["true"])
    time.sleep(max(0, until - time.monotonic()))


def spawn(until, count):
    seconds = str(max(1, int(until - time.monotonic())))
    pids = [os.spawnv(os.P_NOWAIT, "/bin/sleep", ["sleep", seconds]) for _ in range(int(count))]
    for pid in pids:
        os.waitpid(pid, 0)


def names(until, host, count):
    """As a resolver does: a socket for each name, given up after twelve seconds."""
    while time.monotonic() < until:
        asking = []
        for _ in range(int(count)):
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.connect((host, 53))
            client.send(b"\x12\x34\x01\x00\x00\x01" + b"\x00" * 6 + b"\x04name\x00\x00\x01\x00\x01")
            asking.append(client)
        time.sleep(min(12, max(0, until - time.monotonic())))
        for client in asking:
            client.close()


def threads(until, count):
    threading.stack_size(64 * 1024)
    for _ in range(int(count)):
        threading.Thread(
            target=time.sleep, args=(max(0, until - time.monotonic()),), daemon=True
        ).start()
    time.sleep(max(0, until - time.monotonic()))


def append(until, directory, rate):
    path = os.path.join(directory, "appended.log")
    block = b"x" * max(1, int(rate) // 10)
    while time.monotonic() < until:
        try:
            with open(path, "ab", buffering=0) as file:
                file.write(block)
        except OSError:
            pass
        time.sleep(0.1)
    os.unlink(path)


def hold(until, directory, size):
    path = os.path.join(directory, "held")
    with open(path, "wb", buffering=0) as file:
        os.unlink(path)
        for _ in range(int(size) // 65536):
            try:
                file.write(b"x" * 65536)
            except OSError:
                break
        time.sleep(max(0, until - time.monotonic()))


def crash(until):
    while time.monotonic() < until:
        pid = os.fork()
        if pid == 0:
            ctypes.string_at(0)
            os._exit(0)
        os.waitpid(pid, 0)
        time.sleep(1)


def connect(until, host, rate):
    """Kept for longer than TCP waits before it asks again."""
    most = min(int(float(rate) * 5) + 10, 5000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (4 * most, 4 * most))
    clients = []
    for _ in pace(float(rate), until):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex((host, 7))
        clients.append(client)
        if len(clients) > most:
            clients.pop(0).close()


def serve(until):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", 7700))
    server.listen(8)
    server.settimeout(max(1, until - time.monotonic()))
    peer, _ = server.accept()
    while time.monotonic() < until and peer.recv(65536):
        pass


def send(until, host):
    client = socket.create_connection((host, 7700), timeout=10)
    client.settimeout(5)
    while time.monotonic() < until:
        try:
            client.send(b"x" * 65536)
        except OSError:
            time.sleep(0.1)


def semaphores(until, count):
    libc, made = ctypes.CDLL(None), []
    try:
        for _ in range(int(count)):
            made.append(libc.semget(0, 1, 0o1600))
        time.sleep(max(0, until - time.monotonic()))
    finally:  # they would outlive this process
        for array in made:
            libc.semctl(array, 0, 0)


def flood(until, path, rate):
    with open(path, "a", buffering=1) as log:
        for _ in pace(float(rate), until):
            log.write("app[7]: cannot reach the server at 10.0.0.1: connection refused\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def refused(until, rate):
    port = free_port()
    for _ in pace(float(rate), until):
        with socket.socket() as client:
            client.connect_ex(("127.0.0.1", port))


def backlog(until):
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(4)
    clients = []
    for _ in pace(50, until):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(server.getsockname())
        clients.append(client)
        if len(clients) > 400:
            clients.pop(0).close()


def datagrams(until):
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    receiver.bind(("127.0.0.1", 0))
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in pace(3000, until):
        sender.sendto(b"x" * 512, receiver.getsockname())


def timewait(until, rate):
    """To four servers in turn: to a single one on loopback the kernel soon takes ports that wait."""
    servers = []
    for _ in range(4):
        servers.append(socket.socket())
        servers[-1].bind(("127.0.0.1", 0))
        servers[-1].listen(512)
    for number, _ in enumerate(pace(float(rate), until)):
        server = servers[number % len(servers)]
        client = socket.create_connection(server.getsockname())
        peer, _ = server.accept()
        client.close()
        peer.close()


def hang(until, directory):
    """The mount goes when this process ends: the kernel then answers every request with an error."""
    os.makedirs(directory, exist_ok=True)
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"hung", directory.encode(), b"fuse.hung", 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    time.sleep(max(0, until - time.monotonic()))


def setuid(until, directory, delay):
    time.sleep(float(delay))
    path = os.path.join(directory, "helper")
    with open(path, "wb") as file:
        file.write(b"#!/bin/false\n")
    os.chmod(path, 0o4755)
    time.sleep(max(0, until - time.monotonic()))


def main():
    name, seconds, what, *arguments = sys.argv[1:]
    rename(name)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    until = time.monotonic() + float(seconds)
    if what == "deleted":
        write(until, *arguments, delete=True)
    else:
        {
            f.__name__: f
            for f in (spin, write, inodes, leak, descriptors, children, zombies, spawn, threads,
                      refused, backlog, datagrams, timewait, append, hold, crash, connect, send,
                      serve, names, semaphores, flood, hang, setuid)
        }[what](until, *arguments)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main()
