// SPDX-License-Identifier: Apache-2.0
// The command line: "--name value" pairs.
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stdlib.h>
#include <string.h>

static inline int number(int argc, char **argv, const char *name, int standard) {
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0) return atoi(argv[i + 1]);
    return standard;
}

#endif
