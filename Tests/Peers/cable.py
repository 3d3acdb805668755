# SPDX-License-Identifier: Apache-2.0
"""A cable between two network namespaces: NAMESPACE NAMESPACE.

Each gets a device called "cable". What one sends comes out of the other one until "cut" is read from standard input;
then it vanishes, until "join". Every order is repeated on standard output once it holds. When its standard input
ends, it removes the namespaces and ends as well.
"""
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000

libc = ctypes.CDLL(None, use_errno=True)
ends = []
for name in sys.argv[1:3]:
    namespace = os.open("/run/netns/" + name, os.O_RDONLY)
    if libc.setns(namespace, CLONE_NEWNET) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"cable", IFF_TUN | IFF_NO_PI))
    ends.append(device)

other = {ends[0]: ends[1], ends[1]: ends[0]}
joined = True
print("ready", flush=True)
while True:
    for ready in select.select([0, *ends], [], [])[0]:
        if ready == 0:
            order = sys.stdin.readline().strip()
            if not order:
                # Whoever made the namespaces has gone without removing them.
                for name in sys.argv[1:3]:
                    subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL)
                sys.exit(0)
            joined = order == "join"
            print(order, flush=True)
            continue
        try:
            packet = os.read(ready, 65536)
            if joined:
                os.write(other[ready], packet)
        except OSError:
            pass  # An end that is switched off takes and gives nothing.
