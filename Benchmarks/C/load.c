// SPDX-License-Identifier: Apache-2.0
// Asks a Modbus TCP server for registers as fast as it answers, and checks every byte of every answer.
//
// Each connection keeps `--depth` requests in flight: what one read brought is answered with as many new requests in
// one write. Register i has to hold i. Prints one line of JSON; ends with 1 at the first wrong answer.
//
// Options: --port, --connections, --depth (1 to 256), --registers, --milliseconds or --requests (then without a
// warm-up), --warmup (milliseconds), --hold (stay connected until standard input ends, for measuring memory).
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"
#include "histogram.h"

#define MAX_DEPTH 256
#define ADU_MAX 260
#define REQUEST 12
#define TABLE 65536

typedef struct {
    uint64_t sent_at;
    uint16_t address;
    uint8_t generation;
    bool waits;
} slot;

typedef struct {
    int fd;
    int free_count;
    uint8_t free_slots[MAX_DEPTH];
    slot slots[MAX_DEPTH];
    int in_count, out_count;
    bool wants_out;
    uint8_t in[MAX_DEPTH * ADU_MAX + ADU_MAX];
    uint8_t out[MAX_DEPTH * REQUEST];
} connection;

/// What every register holds, as it stands in an answer.
static uint8_t table[2 * TABLE];
static int registers, depth;
static uint32_t next_address;
static uint64_t quota = UINT64_MAX, asked, answered, begin, end;
static histogram latencies;
static int poller;

static void fail(const char *what) {
    fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static void wrong(const char *what, const uint8_t *adu) {
    fprintf(stderr, "load: wrong %s in the answer", what);
    for (int i = 0; i < 16; i++) fprintf(stderr, " %02x", adu[i]);
    fprintf(stderr, "\n");
    exit(1);
}

static void put_request(connection *c, uint64_t now) {
    uint8_t s = c->free_slots[--c->free_count];
    slot *entry = &c->slots[s];
    entry->generation += 1;
    entry->waits = true;
    entry->sent_at = now;
    entry->address = (uint16_t)next_address;
    next_address += 7919;
    if (next_address + (uint32_t)registers > TABLE) next_address %= TABLE - (uint32_t)registers;
    uint8_t request[REQUEST] = {
        entry->generation, s, 0, 0, 0, 6, 1, 3, (uint8_t)(entry->address >> 8), (uint8_t)entry->address, 0,
        (uint8_t)registers,
    };
    memcpy(c->out + c->out_count, request, REQUEST);
    c->out_count += REQUEST;
    asked += 1;
}

static void flush(connection *c) {
    if (c->out_count == 0) return;
    ssize_t n = send(c->fd, c->out, (size_t)c->out_count, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) fail("the server does not take requests");
    if (n > 0) {
        memmove(c->out, c->out + n, (size_t)(c->out_count - n));
        c->out_count -= (int)n;
    }
    bool wants = c->out_count > 0;
    if (wants != c->wants_out) {
        struct epoll_event event = {.events = EPOLLIN | (wants ? EPOLLOUT : 0), .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
        c->wants_out = wants;
    }
}

/// Sends as many requests as may be out.
static void fill(connection *c, uint64_t now) {
    while (c->free_count > 0 && asked < quota) put_request(c, now);
    flush(c);
}

static void check(connection *c, const uint8_t *adu, int size, uint64_t now) {
    slot *entry = &c->slots[adu[1]];
    if (adu[1] >= depth || !entry->waits || entry->generation != adu[0]) wrong("transaction identifier", adu);
    if (adu[2] != 0 || adu[3] != 0) wrong("protocol identifier", adu);
    if (size != 9 + 2 * registers) wrong("length", adu);
    if (adu[6] != 1) wrong("unit", adu);
    if (adu[7] != 3) wrong("function", adu);
    if (adu[8] != 2 * registers) wrong("byte count", adu);
    if (memcmp(adu + 9, table + 2 * entry->address, (size_t)(2 * registers)) != 0) wrong("value", adu);
    entry->waits = false;
    c->free_slots[c->free_count++] = adu[1];
    answered += 1;
    if (quota != UINT64_MAX || (entry->sent_at >= begin && now <= end)) record(&latencies, now - entry->sent_at);
}

static void receive(connection *c) {
    ssize_t n = recv(c->fd, c->in + c->in_count, sizeof c->in - (size_t)c->in_count, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) fail("the server closed a connection");
    uint64_t now = now_ns();
    c->in_count += (int)n;
    int at = 0;
    while (c->in_count - at >= 6) {
        int size = 6 + c->in[at + 4] * 256 + c->in[at + 5];
        if (size > ADU_MAX || size < 9) wrong("length field", c->in + at);
        if (c->in_count - at < size) break;
        check(c, c->in + at, size, now);
        at += size;
    }
    memmove(c->in, c->in + at, (size_t)(c->in_count - at));
    c->in_count -= at;
    fill(c, now);
}

static connection *open_connection(int port) {
    connection *c = calloc(1, sizeof *c);
    if (!c) fail("no memory");
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) fail("cannot connect");
    for (int s = 0; s < depth; s++) c->free_slots[c->free_count++] = (uint8_t)(depth - 1 - s);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) != 0) fail("epoll");
    return c;
}

static void turn(void) {
    static struct epoll_event events[1024];
    int count = epoll_wait(poller, events, 1024, 5000);
    if (count == 0) fail("no answer for five seconds");
    for (int i = 0; i < count; i++) {
        connection *c = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) flush(c);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
    }
}

int main(int argc, char **argv) {
    int connections = number(argc, argv, "--connections", 1);
    int requests = number(argc, argv, "--requests", 0), hold = number(argc, argv, "--hold", 0);
    depth = number(argc, argv, "--depth", 1);
    registers = number(argc, argv, "--registers", 10);
    if (depth < 1 || depth > MAX_DEPTH || registers < 1 || registers > 125) fail("depth or registers out of range");
    for (int i = 0; i < TABLE; i++) {
        table[2 * i] = (uint8_t)(i >> 8);
        table[2 * i + 1] = (uint8_t)i;
    }
    if (requests > 0) quota = (uint64_t)requests;
    poller = epoll_create1(0);
    connection **all = calloc((size_t)connections, sizeof *all);
    for (int i = 0; i < connections; i++) all[i] = open_connection(number(argc, argv, "--port", 502));

    uint64_t start = now_ns();
    begin = start + (uint64_t)number(argc, argv, "--warmup", 200) * 1000000u;
    end = begin + (uint64_t)number(argc, argv, "--milliseconds", 1000) * 1000000u;
    for (int i = 0; i < connections; i++) fill(all[i], start);
    if (requests > 0) {
        while (answered < quota) turn();
        print_result(&latencies, (double)(now_ns() - start) / 1e9, connections, depth, registers, 0);
    } else {
        while (now_ns() < end) turn();
        print_result(&latencies, (double)(end - begin) / 1e9, connections, depth, registers, 0);
    }
    char byte;
    if (hold) while (read(0, &byte, 1) > 0) {}
    return 0;
}
