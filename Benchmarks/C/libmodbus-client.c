// SPDX-License-Identifier: Apache-2.0
// A client of libmodbus: reads registers one request after the other, checks every value, prints one line of JSON.
//
// Options: --port, --registers, --milliseconds or --requests (then without a warm-up), --warmup (milliseconds).
#include <errno.h>
#include <modbus.h>

#include "arguments.h"
#include "histogram.h"

int main(int argc, char **argv) {
    int registers = number(argc, argv, "--registers", 10), requests = number(argc, argv, "--requests", 0);
    modbus_t *context = modbus_new_tcp("127.0.0.1", number(argc, argv, "--port", 502));
    if (!context || modbus_set_slave(context, 1) != 0 || modbus_connect(context) != 0) {
        fprintf(stderr, "libmodbus-client: %s\n", modbus_strerror(errno));
        return 1;
    }
    static histogram latencies;
    uint16_t values[MODBUS_MAX_READ_REGISTERS];
    uint64_t start = now_ns(), before = start;
    uint64_t begin = start + (uint64_t)number(argc, argv, "--warmup", 200) * 1000000u;
    uint64_t end = begin + (uint64_t)number(argc, argv, "--milliseconds", 1000) * 1000000u;
    uint32_t address = 0;
    for (int done = 0; requests > 0 ? done < requests : before < end; done++) {
        if (modbus_read_registers(context, (int)address, registers, values) != registers) {
            fprintf(stderr, "libmodbus-client: %s\n", modbus_strerror(errno));
            return 1;
        }
        uint64_t after = now_ns();
        unsigned difference = 0;
        for (int i = 0; i < registers; i++) difference |= values[i] ^ (uint16_t)(address + (uint32_t)i);
        if (difference) {
            fprintf(stderr, "libmodbus-client: wrong value after address %u\n", address);
            return 1;
        }
        if (requests > 0 || (before >= begin && after <= end)) record(&latencies, after - before);
        before = after;
        address += 7919;
        if (address + (uint32_t)registers > 65536) address %= 65536 - (uint32_t)registers;
    }
    double seconds = requests > 0 ? (double)(now_ns() - start) / 1e9 : (double)(end - begin) / 1e9;
    print_result(&latencies, seconds, 1, 1, registers, 0);
    modbus_close(context);
    modbus_free(context);
    return 0;
}
