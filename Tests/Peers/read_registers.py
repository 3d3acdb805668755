# SPDX-License-Identifier: Apache-2.0
"""Reads holding registers with pymodbus: PORT UNIT ADDRESS COUNT; prints them on one line."""
import sys

from pymodbus.client import ModbusTcpClient

port, unit, address, count = (int(argument) for argument in sys.argv[1:5])
client = ModbusTcpClient("127.0.0.1", port=port, timeout=3)
if not client.connect():
    sys.exit("no connection")
answer = client.read_holding_registers(address, count=count, device_id=unit)
if answer.isError():
    print("exception", answer.exception_code)
else:
    print(*answer.registers)
client.close()
