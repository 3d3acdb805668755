# SPDX-License-Identifier: Apache-2.0
"""A Countis E27 as pymodbus serves it, written from the register table alone: UNIT I1 I2 I3 P1 P2 P3 (mA, 10 W steps).

Prints its port and serves until it is ended.
"""
import asyncio
import socket
import sys

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

unit = int(sys.argv[1])
currents = [int(argument) for argument in sys.argv[2:5]]
powers = [int(argument) for argument in sys.argv[5:8]]
registers = {}


def put32(address, value):
    registers[address] = (value >> 16) & 0xFFFF
    registers[address + 1] = value & 0xFFFF


def text(address, words, content):
    padded = content.ljust(2 * words, "\0")
    for index in range(words):
        registers[address + index] = ord(padded[2 * index]) << 8 | ord(padded[2 * index + 1])


for index, letter in enumerate("SOCO"):
    registers[50000 + index] = ord(letter)
for index in range(4, 42):
    registers[50000 + index] = 100
text(50042, 8, "SOCOMEC")
text(50050, 8, "COUNTIS")
text(50058, 8, "COUNTIS E27")
for address in range(50512, 50574, 2):
    put32(address, 0)
for address, voltage in ((50520, 23010), (50522, 22990), (50524, 23050)):
    put32(address, voltage)
put32(50526, 50010)
for index in range(3):
    put32(50528 + 2 * index, currents[index])
    put32(50544 + 2 * index, powers[index])
put32(50536, sum(powers))
for address in range(50944, 50966):
    registers[address] = 0
put32(50946, 123456)
put32(50952, 789)

blocks = []
for address in sorted(registers):
    if blocks and blocks[-1][0] + len(blocks[-1][1]) == address:
        blocks[-1][1].append(registers[address])
    else:
        blocks.append((address, [registers[address]]))
data = [SimData(start, values=values, datatype=DataType.REGISTERS) for start, values in blocks]


async def main():
    # A free port is asked for first: the server does not tell which one it got.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = ModbusTcpServer(SimDevice(unit, simdata=data), address=("127.0.0.1", port))
    await server.listen()
    print(port, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
