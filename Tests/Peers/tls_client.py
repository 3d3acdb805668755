# SPDX-License-Identifier: Apache-2.0
"""Reads holding registers with pymodbus over TLS: PORT FOLDER NAME UNIT ADDRESS COUNT; prints them on one line."""
import ssl
import sys

from pymodbus.client import ModbusTlsClient

port, folder, name = int(sys.argv[1]), sys.argv[2], sys.argv[3]
unit, address, count = (int(argument) for argument in sys.argv[4:7])
context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
# This client gives no name to the library, so there is nothing to check it against.
context.check_hostname = False
context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
client = ModbusTlsClient("127.0.0.1", port=port, sslctx=context, timeout=3, retries=0)
if not client.connect():
    sys.exit("no connection")
try:
    answer = client.read_holding_registers(address, count=count, device_id=unit)
    if answer.isError():
        print("exception", answer.exception_code)
    else:
        print(*answer.registers)
except Exception as error:
    print("failed", type(error).__name__)
client.close()
