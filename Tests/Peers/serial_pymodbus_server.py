# SPDX-License-Identifier: Apache-2.0
"""Serves 100 holding registers, each holding its address, on a line with pymodbus: PORT UNIT rtu|ascii.

With "tcp" for PORT it serves such frames in a TCP stream. Prints the TCP port, or that it is ready.
"""
import asyncio
import socket
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

port, unit = sys.argv[1], int(sys.argv[2])
data = SimData(0, values=list(range(100)), datatype=DataType.REGISTERS)


def free_port():
    """A free port; the server does not tell which one it got."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def main():
    device, framer = SimDevice(unit, simdata=[data]), FramerType(sys.argv[3])
    if port == "tcp":
        ready = free_port()
        server = ModbusTcpServer(device, framer=framer, address=("127.0.0.1", ready))
    else:
        ready = "ready"
        server = ModbusSerialServer(device, framer=framer, port=port, baudrate=19200, parity="N", stopbits=2)
    await server.listen()
    print(ready, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
