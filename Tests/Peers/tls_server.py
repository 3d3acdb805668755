# SPDX-License-Identifier: Apache-2.0
"""Ten holding registers, 100 to 109, as pymodbus serves them over TLS to clients with a certificate: FOLDER NAME UNIT.

Prints its port and serves until its standard input ends, as it does when whoever started it is gone.
"""
import asyncio
import socket
import ssl
import sys

from pymodbus.server import ModbusTlsServer
from pymodbus.simulator import DataType, SimData, SimDevice

folder, name, unit = sys.argv[1], sys.argv[2], int(sys.argv[3])
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=f"{folder}/ca.pem")
context.verify_mode = ssl.CERT_REQUIRED
context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
device = SimDevice(unit, simdata=[SimData(0, values=list(range(100, 110)), datatype=DataType.REGISTERS)])


async def main():
    # A free port is asked for first: the server does not tell which one it got.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = ModbusTlsServer(device, address=("127.0.0.1", port), sslctx=context)
    await server.listen()
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
