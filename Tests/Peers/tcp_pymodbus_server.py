# SPDX-License-Identifier: Apache-2.0
"""Serves 200 of each table over TCP with pymodbus, and prints its port.

Coils and discrete inputs at every third address are on, registers hold their address, input registers 1000 more.
"""
import asyncio

from pymodbus import ModbusDeviceIdentification
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

bits = [address % 3 == 0 for address in range(208)]
device = SimDevice(
    0,
    simdata=(
        [SimData(0, values=bits, datatype=DataType.BITS)],
        [SimData(0, values=bits, datatype=DataType.BITS)],
        [SimData(0, values=list(range(200)), datatype=DataType.REGISTERS)],
        [SimData(0, values=list(range(1000, 1200)), datatype=DataType.REGISTERS)],
    ),
)
identity = ModbusDeviceIdentification(
    info_name={"VendorName": "Peer", "ProductCode": "P1", "MajorMinorRevision": "3.2"}
)


async def main():
    server = ModbusTcpServer(device, identity=identity, address=("127.0.0.1", 0))
    await server.listen()
    print(server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
