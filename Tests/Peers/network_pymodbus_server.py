# SPDX-License-Identifier: Apache-2.0
"""Serves 100 holding registers, each holding its address, with pymodbus: udp|rtu UNIT.

`rtu` are frames of the serial line over TCP. Prints its port and serves until it is ended.
"""
import asyncio
import socket
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusTcpServer, ModbusUdpServer
from pymodbus.simulator import DataType, SimData, SimDevice

kind, unit = sys.argv[1], int(sys.argv[2])
device = SimDevice(unit, simdata=[SimData(0, values=list(range(100)), datatype=DataType.REGISTERS)])


async def main():
    # A free port is asked for first: the server does not tell which one it got.
    with socket.socket(type=socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if kind == "udp":
        server = ModbusUdpServer(device, address=("127.0.0.1", port))
    else:
        server = ModbusTcpServer(device, framer=FramerType.RTU, address=("127.0.0.1", port))
    await server.listen()
    print(port, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
