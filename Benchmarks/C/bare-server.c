// SPDX-License-Identifier: Apache-2.0
// Answers reads of registers with as little work as a server can do: one read, one write for all that came. It knows
// function 3 only and checks nothing: the scale against which servers are seen, and the peer that limits no client.
//
// Options: --port. Prints "listening PORT".
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"

#define IN 4096
#define OUT (IN / 12 * 260)

typedef struct {
    int fd, count;
    uint8_t in[IN];
} connection;

static uint8_t table[2 * 65536];
static uint8_t out[OUT];

/// Answers all whole requests; false when the connection is over.
static int serve(connection *c) {
    ssize_t n = recv(c->fd, c->in + c->count, sizeof c->in - (size_t)c->count, 0);
    if (n <= 0) return n < 0 && errno == EAGAIN;
    c->count += (int)n;
    int at = 0, size = 0;
    while (c->count - at >= 12) {
        const uint8_t *q = c->in + at;
        int address = q[8] << 8 | q[9], bytes = 2 * q[11];
        if (q[7] != 3 || bytes > 250 || 2 * address + bytes > (int)sizeof table) return 0;
        uint8_t *a = out + size;
        memcpy(a, q, 8);
        a[4] = (uint8_t)((3 + bytes) >> 8);
        a[5] = (uint8_t)(3 + bytes);
        a[8] = (uint8_t)bytes;
        memcpy(a + 9, table + 2 * address, (size_t)bytes);
        size += 9 + bytes;
        at += 12;
    }
    memmove(c->in, c->in + at, (size_t)(c->count - at));
    c->count -= at;
    // A peer that does not read its answers is dropped.
    return size == 0 || send(c->fd, out, (size_t)size, MSG_NOSIGNAL) == size;
}

int main(int argc, char **argv) {
    for (int i = 0; i < 65536; i++) {
        table[2 * i] = (uint8_t)(i >> 8);
        table[2 * i + 1] = (uint8_t)i;
    }
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number(argc, argv, "--port", 0))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 1024) != 0) {
        perror("bare-server");
        return 1;
    }
    getsockname(listener, (struct sockaddr *)&at, &length);
    printf("listening %d\n", ntohs(at.sin_port));
    fflush(stdout);
    int poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN}, events[256];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < count; i++) {
            connection *c = events[i].data.ptr;
            if (c) {
                if (serve(c)) continue;
                close(c->fd);
                free(c);
                continue;
            }
            c = calloc(1, sizeof *c);
            if (!c) return 1;
            c->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (c->fd < 0) {
                free(c);
                continue;
            }
            setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            event = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
            epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
        }
    }
}
