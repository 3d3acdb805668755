# SPDX-License-Identifier: Apache-2.0
"""Talks TCP with libmodbus, through its C interface: client PORT, or server.

The client prints what it got, one line each. The server prints its port and serves 200 of each table: coils and
discrete inputs at every third address are on, registers hold their address, input registers 1000 more.
"""
import ctypes
import os
import select
import socket
import sys

library = ctypes.CDLL("libmodbus.so.5", use_errno=True)
for name in ("modbus_new_tcp", "modbus_mapping_new"):
    getattr(library, name).restype = ctypes.c_void_p
library.modbus_strerror.restype = ctypes.c_char_p


class Mapping(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in (
        "nb_bits", "start_bits", "nb_input_bits", "start_input_bits", "nb_input_registers",
        "start_input_registers", "nb_registers", "start_registers")] + [
        ("tab_bits", ctypes.POINTER(ctypes.c_uint8)), ("tab_input_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_registers", ctypes.POINTER(ctypes.c_uint16)), ("tab_registers", ctypes.POINTER(ctypes.c_uint16))]


def client(port):
    context = ctypes.c_void_p(library.modbus_new_tcp(b"127.0.0.1", port))
    library.modbus_set_response_timeout(context, 5, 0)
    if library.modbus_connect(context) != 0:
        sys.exit("no connection")
    bits, values = (ctypes.c_uint8 * 2000)(), (ctypes.c_uint16 * 125)()

    def tell(name, count, got=()):
        if count < 0:
            print(name, library.modbus_strerror(ctypes.get_errno()).decode())
        else:
            print(name, *got[:count])

    tell(1, library.modbus_read_bits(context, 0, 7, bits), bits)
    tell(2, library.modbus_read_input_bits(context, 3, 7, bits), bits)
    tell(3, library.modbus_read_registers(context, 10, 3, values), values)
    tell(4, library.modbus_read_input_registers(context, 10, 3, values), values)
    library.modbus_write_bit(context, 1, 1)
    library.modbus_write_bits(context, 2, 5, (ctypes.c_uint8 * 5)(1, 0, 1, 0, 1))
    tell("5 15", library.modbus_read_bits(context, 0, 8, bits), bits)
    library.modbus_write_register(context, 20, 4711)
    library.modbus_write_registers(context, 21, 3, (ctypes.c_uint16 * 3)(1, 2, 65535))
    tell("6 16", library.modbus_read_registers(context, 20, 4, values), values)
    library.modbus_mask_write_register(context, 20, 0xFF00, 0x0055)
    tell(22, library.modbus_read_registers(context, 20, 1, values), values)
    written = (ctypes.c_uint16 * 2)(7, 8)
    tell(23, library.modbus_write_and_read_registers(context, 30, 2, written, 29, 4, values), values)
    tell("largest", library.modbus_read_registers(context, 0, 125, values), [sum(values)] * 125)
    print("largest", library.modbus_read_bits(context, 0, 200, bits))
    tell("beyond", library.modbus_read_registers(context, 199, 2, values), values)
    tell("beyond", library.modbus_write_register(context, 200, 1))


def server():
    context = ctypes.c_void_p(library.modbus_new_tcp(b"127.0.0.1", 0))
    mapping = ctypes.c_void_p(library.modbus_mapping_new(200, 200, 200, 200))
    tables = ctypes.cast(mapping, ctypes.POINTER(Mapping)).contents
    for address in range(200):
        tables.tab_bits[address] = tables.tab_input_bits[address] = address % 3 == 0
        tables.tab_registers[address] = address
        tables.tab_input_registers[address] = 1000 + address
    listener = library.modbus_tcp_listen(context, 8)
    with socket.socket(fileno=os.dup(listener)) as view:
        print(view.getsockname()[1], flush=True)
    query = (ctypes.c_uint8 * 260)()
    connections = set()
    while True:
        for ready in select.select([listener, *connections], [], [])[0]:
            if ready == listener:
                library.modbus_tcp_accept(context, ctypes.byref(ctypes.c_int(listener)))
                connections.add(library.modbus_get_socket(context))
                continue
            library.modbus_set_socket(context, ready)
            count = library.modbus_receive(context, query)
            if count > 0:
                library.modbus_reply(context, query, count, mapping)
            elif count < 0:
                connections.discard(ready)
                library.modbus_close(context)


client(int(sys.argv[2])) if sys.argv[1] == "client" else server()
