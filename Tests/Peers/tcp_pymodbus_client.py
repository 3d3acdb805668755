# SPDX-License-Identifier: Apache-2.0
"""Asks a server with pymodbus for everything pymodbus knows: PORT; prints what it got, one line each."""
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.pdu.file_message import FileRecord

client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), timeout=5, retries=0)
if not client.connect():
    sys.exit("no connection")


def tell(name, answer, show):
    print(name, f"exception {answer.exception_code}" if answer.isError() else show(answer), flush=True)


def values(answer):
    return " ".join(str(value) for value in answer.registers)


def bits(count):
    return lambda answer: " ".join(str(int(bit)) for bit in answer.bits[:count])


tell(1, client.read_coils(0, count=7), bits(7))
tell(2, client.read_discrete_inputs(3, count=7), bits(7))
tell(3, client.read_holding_registers(10, count=3), values)
tell(4, client.read_input_registers(10, count=3), values)
tell(5, client.write_coil(1, True), lambda answer: int(answer.bits[0]))
tell(6, client.write_register(20, 4711), values)
tell(7, client.read_exception_status(), lambda answer: answer.status)
tell(8, client.diag_query_data(b"\x12\x34"), lambda answer: bytes(answer.message).hex())
tell("8/2", client.diag_read_diagnostic_register(), lambda answer: answer.message)
tell("8/11", client.diag_read_bus_message_count(), lambda answer: int(answer.message) > 0)
tell("8/10", client.diag_clear_counters(), lambda answer: answer.message)
tell(11, client.diag_get_comm_event_counter(), lambda answer: answer.count >= 0)
tell(12, client.diag_get_comm_event_log(), lambda answer: answer.message_count >= 0)
tell(15, client.write_coils(2, [True, False, True, False, True]), lambda answer: answer.count)
tell(16, client.write_registers(21, [1, 2, 65535]), lambda answer: answer.count)
tell("3 16", client.read_holding_registers(20, count=4), values)
tell(17, client.report_device_id(), lambda answer: bytes(answer.identifier).hex())
records = [FileRecord(file_number=4, record_number=1, record_length=4)]  # In bytes, as pymodbus has it.
tell(20, client.read_file_record(records), lambda answer: answer.records[0].record_data.hex())
written = [FileRecord(file_number=4, record_number=1, record_data=b"\x12\x34\x56\x78")]
tell(21, client.write_file_record(written), lambda answer: "written")
tell("20 21", client.read_file_record(records), lambda answer: answer.records[0].record_data.hex())
tell(22, client.mask_write_register(address=20, and_mask=0xFF00, or_mask=0x0055), lambda answer: answer.and_mask)
tell("3 22", client.read_holding_registers(20, count=1), values)
answer = client.readwrite_registers(read_address=29, read_count=4, write_address=30, values=[7, 8])
tell(23, answer, values)
tell(24, client.read_fifo_queue(address=50), lambda answer: " ".join(str(value) for value in answer.values))
tell("43/14", client.read_device_information(read_code=1), lambda answer: answer.information)
tell("beyond", client.read_holding_registers(199, count=2), values)
client.close()
