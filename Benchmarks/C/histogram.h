// SPDX-License-Identifier: Apache-2.0
// Latencies in classes that are at most 1/64 wide, the clock, and the line of JSON that every program prints.
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define FINE 64
#define CLASSES (58 * FINE)

typedef struct {
    uint64_t count;
    uint64_t classes[CLASSES];
} histogram;

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void record(histogram *h, uint64_t ns) {
    unsigned index = (unsigned)ns;
    if (ns >= FINE) {
        int exponent = 63 - __builtin_clzll(ns);
        index = (unsigned)((exponent - 5) * FINE + (int)(ns >> (exponent - 6)) - FINE);
    }
    h->classes[index] += 1;
    h->count += 1;
}

/// The upper end of the class that holds a share of all values, in microseconds.
static inline double percentile(const histogram *h, double share) {
    uint64_t wanted = (uint64_t)((double)h->count * share + 0.999999), seen = 0;
    if (wanted == 0) wanted = 1;
    for (unsigned i = 0; i < CLASSES; i++) {
        seen += h->classes[i];
        if (seen >= wanted) {
            uint64_t top = i < FINE ? i : (((uint64_t)FINE + i % FINE + 1) << (i / FINE - 1)) - 1;
            return (double)top / 1000.0;
        }
    }
    return 0;
}

static inline void print_result(
    const histogram *h, double seconds, int connections, int depth, int registers, uint64_t errors
) {
    printf(
        "{\"requests\": %llu, \"per_second\": %.1f, \"connections\": %d, \"depth\": %d, \"registers\": %d, "
        "\"p50_us\": %.2f, \"p99_us\": %.2f, \"p999_us\": %.2f, \"errors\": %llu}\n",
        (unsigned long long)h->count, (double)h->count / seconds, connections, depth, registers, percentile(h, 0.5),
        percentile(h, 0.99), percentile(h, 0.999), (unsigned long long)errors
    );
    fflush(stdout);
}

#endif
