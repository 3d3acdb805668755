// SPDX-License-Identifier: Apache-2.0
// A server of libmodbus for many connections, the way its documentation has it: poll() over all sockets, then
// modbus_receive() and modbus_reply() for each that is readable. Socket options stay as libmodbus leaves them.
//
// Options: --port. Prints "listening PORT".
#include <arpa/inet.h>
#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"

#define CONNECTIONS 2048

int main(int argc, char **argv) {
    modbus_t *context = modbus_new_tcp("127.0.0.1", number(argc, argv, "--port", 0));
    modbus_mapping_t *tables = modbus_mapping_new(0, 0, 65536, 65536);
    if (!context || !tables) return 1;
    for (int i = 0; i < 65536; i++) tables->tab_registers[i] = tables->tab_input_registers[i] = (uint16_t)i;
    int listener = modbus_tcp_listen(context, 1024);
    if (listener < 0) {
        fprintf(stderr, "libmodbus-server: %s\n", modbus_strerror(errno));
        return 1;
    }
    struct sockaddr_in at;
    socklen_t length = sizeof at;
    getsockname(listener, (struct sockaddr *)&at, &length);
    printf("listening %d\n", ntohs(at.sin_port));
    fflush(stdout);

    static struct pollfd sockets[CONNECTIONS];
    int count = 1;
    sockets[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    for (;;) {
        if (poll(sockets, (nfds_t)count, -1) < 0) continue;
        for (int i = count - 1; i > 0; i--) {
            if (sockets[i].revents == 0) continue;
            modbus_set_socket(context, sockets[i].fd);
            int size = modbus_receive(context, query);
            if (size > 0 && modbus_reply(context, query, size, tables) >= 0) continue;
            if (size == 0) continue;
            close(sockets[i].fd);
            sockets[i] = sockets[--count];
        }
        if (sockets[0].revents & POLLIN) {
            int fd = accept(listener, NULL, NULL);
            if (fd < 0) continue;
            if (count == CONNECTIONS) {
                close(fd);
                continue;
            }
            sockets[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
        }
    }
}
