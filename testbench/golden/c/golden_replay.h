/* SPDX-License-Identifier: Apache-2.0 */
/* Replays golden cases on a device by 32-bit register accesses. C99, no memory of its own, no library but stddef and
 * stdint. */
#ifndef GOLDEN_REPLAY_H
#define GOLDEN_REPLAY_H

#include <stddef.h>
#include <stdint.h>

/* The fewest clocks of the device that a register read takes. Time-outs and waits are counted in reads with it, so that
 * no timer is needed: too few clocks are never waited. */
#ifndef GOLDEN_CLOCKS_PER_READ
#define GOLDEN_CLOCKS_PER_READ 2u
#endif

enum golden_op {
    GOLDEN_WRITE, /* data is written */
    GOLDEN_READ,  /* the bits of mask must be those of data */
    GOLDEN_POLL,  /* read until they are, for at most so many clocks */
    GOLDEN_WAIT   /* at least so many clocks pass */
};

struct golden_step {
    enum golden_op op;
    uint32_t addr;
    uint32_t data;
    uint32_t mask;
    uint32_t clocks;
    const char *note; /* may be NULL */
};

struct golden_case {
    const char *name;
    const struct golden_step *steps;
    size_t count;
};

struct golden_design {
    uint32_t name;
    uint32_t version;
    uint32_t num_sa;
    uint32_t stages;
};

/* How the device is reached. Each gives 0, or anything else if the access failed: the replay ends with that. */
struct golden_io {
    int (*read32)(void *context, uint32_t addr, uint32_t *value);
    int (*write32)(void *context, uint32_t addr, uint32_t value);
    void *context;
};

enum golden_result {
    GOLDEN_PASS,
    GOLDEN_MISMATCH,      /* a read gave something else */
    GOLDEN_TIMEOUT,       /* a poll was not met in time */
    GOLDEN_ACCESS_FAILED, /* a callback said so */
    GOLDEN_OTHER_DEVICE   /* golden_check: the pack is for another device */
};

/* What failed, and where. */
struct golden_failure {
    size_t step;
    uint32_t addr;
    uint32_t expected;
    uint32_t actual;
    uint32_t mask;
    const char *note;
};

/* Whether the device is the one that the pack is for. */
enum golden_result golden_check(const struct golden_io *io, const struct golden_design *design,
                                struct golden_failure *failure);

/* Plays one case. It starts with a soft reset of its own, whatever was before. */
enum golden_result golden_replay(const struct golden_io *io, const struct golden_case *one,
                                 struct golden_failure *failure);

#endif
