# SPDX-License-Identifier: Apache-2.0
"""Talks to an RTU server with pymodbus: PORT UNIT [ascii]; prints what it got, one line each.

A PORT that is a number is one of TCP on this machine.
"""
import sys

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient

port, unit = sys.argv[1], int(sys.argv[2])
if port.isdigit():
    client = ModbusTcpClient("127.0.0.1", port=int(port), framer=FramerType.RTU, timeout=2, retries=0)
else:
    framer = FramerType.ASCII if sys.argv[3:] == ["ascii"] else FramerType.RTU
    client = ModbusSerialClient(port, framer=framer, baudrate=19200, parity="N", stopbits=2, timeout=2, retries=0)
if not client.connect():
    sys.exit("no port")


def tell(answer):
    if answer.isError():
        print("exception", getattr(answer, "exception_code", answer))
    else:
        print(*answer.registers)


tell(client.read_holding_registers(10, count=5, device_id=unit))
tell(client.read_holding_registers(0, count=100, device_id=unit))
client.write_register(20, 4711, device_id=unit)
client.write_registers(21, [1, 2, 3], device_id=unit)
tell(client.read_holding_registers(20, count=4, device_id=unit))
tell(client.mask_write_register(address=20, and_mask=0xFF00, or_mask=0x0055, device_id=unit) and
     client.read_holding_registers(20, count=1, device_id=unit))
tell(client.readwrite_registers(read_address=30, read_count=2, write_address=30, values=[7, 8], device_id=unit))
tell(client.read_holding_registers(99, count=2, device_id=unit))
client.write_register(40, 99, device_id=0, no_response_expected=True)
tell(client.read_holding_registers(40, count=1, device_id=unit))
client.close()
