# SPDX-License-Identifier: Apache-2.0
"""Talks RTU with libmodbus, through its C interface: client PORT UNIT, or server PORT UNIT.

The client prints what it got, one line each; the server serves 100 holding registers, each holding its address.
"""
import ctypes
import os
import sys

library = ctypes.CDLL("libmodbus.so.5", use_errno=True)
library.modbus_new_rtu.restype = ctypes.c_void_p
library.modbus_mapping_new.restype = ctypes.c_void_p
library.modbus_strerror.restype = ctypes.c_char_p

role, port, unit = sys.argv[1], sys.argv[2], int(sys.argv[3])
context = ctypes.c_void_p(library.modbus_new_rtu(port.encode(), 19200, ctypes.c_char(b"N"), 8, 2))
library.modbus_set_slave(context, unit)
library.modbus_set_response_timeout(context, 2, 0)
if library.modbus_connect(context) != 0:
    sys.exit("no port")


def tell(count, values):
    if count < 0:
        print(library.modbus_strerror(ctypes.get_errno()).decode())
    else:
        print(*values[:count])


def client():
    values = (ctypes.c_uint16 * 125)()
    tell(library.modbus_read_registers(context, 10, 5, values), values)
    tell(library.modbus_read_registers(context, 0, 100, values), values)
    library.modbus_write_register(context, 20, 4711)
    library.modbus_write_registers(context, 21, 3, (ctypes.c_uint16 * 3)(1, 2, 3))
    tell(library.modbus_read_registers(context, 20, 4, values), values)
    library.modbus_mask_write_register(context, 20, 0xFF00, 0x0055)
    tell(library.modbus_read_registers(context, 20, 1, values), values)
    written = (ctypes.c_uint16 * 2)(7, 8)
    tell(library.modbus_write_and_read_registers(context, 30, 2, written, 30, 2, values), values)
    tell(library.modbus_read_registers(context, 99, 2, values), values)


def server():
    mapping = ctypes.c_void_p(library.modbus_mapping_new(0, 0, 100, 0))

    class Mapping(ctypes.Structure):
        _fields_ = [(name, ctypes.c_int) for name in (
            "nb_bits", "start_bits", "nb_input_bits", "start_input_bits", "nb_input_registers",
            "start_input_registers", "nb_registers", "start_registers")] + [
            ("tab_bits", ctypes.c_void_p), ("tab_input_bits", ctypes.c_void_p),
            ("tab_input_registers", ctypes.c_void_p), ("tab_registers", ctypes.POINTER(ctypes.c_uint16))]

    registers = ctypes.cast(mapping, ctypes.POINTER(Mapping)).contents.tab_registers
    for address in range(100):
        registers[address] = address
    print("ready", flush=True)
    query = (ctypes.c_uint8 * 256)()
    while True:
        count = library.modbus_receive(context, query)
        if count > 0:
            library.modbus_reply(context, query, count, mapping)
        elif count < 0 and ctypes.get_errno() in (5, 9, 104):
            sys.exit(os.strerror(ctypes.get_errno()))


client() if role == "client" else server()
