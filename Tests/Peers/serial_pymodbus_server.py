# SPDX-License-Identifier: Apache-2.0
"""Serves 100 holding registers, each holding its address, on a line with pymodbus: PORT UNIT rtu|ascii."""
import asyncio
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

port, unit = sys.argv[1], int(sys.argv[2])
data = SimData(0, values=list(range(100)), datatype=DataType.REGISTERS)


async def main():
    server = ModbusSerialServer(
        SimDevice(unit, simdata=[data]), framer=FramerType(sys.argv[3]), port=port, baudrate=19200, parity="N",
        stopbits=2
    )
    await server.listen()
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
