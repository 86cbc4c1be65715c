/* SPDX-License-Identifier: Apache-2.0 */
#include "golden_replay.h"

#define NAME_REGISTER 0x0000u

static enum golden_result failed(struct golden_failure *failure, enum golden_result result, size_t number,
                                 const struct golden_step *step, uint32_t actual)
{
    failure->step = number;
    failure->addr = step->addr;
    failure->expected = step->data & step->mask;
    failure->actual = actual & step->mask;
    failure->mask = step->mask;
    failure->note = step->note;
    return result;
}

static enum golden_result play(const struct golden_io *io, size_t number, const struct golden_step *step,
                               struct golden_failure *failure)
{
    uint32_t value = 0;
    /* One more than would do: the first may have been under way before */
    uint32_t reads = step->clocks / GOLDEN_CLOCKS_PER_READ + 2u;

    switch (step->op) {
    case GOLDEN_WRITE:
        if (io->write32(io->context, step->addr, step->data) != 0) {
            return failed(failure, GOLDEN_ACCESS_FAILED, number, step, 0);
        }
        return GOLDEN_PASS;
    case GOLDEN_READ:
        if (io->read32(io->context, step->addr, &value) != 0) {
            return failed(failure, GOLDEN_ACCESS_FAILED, number, step, 0);
        }
        if (((value ^ step->data) & step->mask) != 0) {
            return failed(failure, GOLDEN_MISMATCH, number, step, value);
        }
        return GOLDEN_PASS;
    case GOLDEN_POLL:
        while (reads-- > 0) {
            if (io->read32(io->context, step->addr, &value) != 0) {
                return failed(failure, GOLDEN_ACCESS_FAILED, number, step, 0);
            }
            if (((value ^ step->data) & step->mask) == 0) {
                return GOLDEN_PASS;
            }
        }
        return failed(failure, GOLDEN_TIMEOUT, number, step, value);
    case GOLDEN_WAIT:
        while (reads-- > 0) {
            if (io->read32(io->context, NAME_REGISTER, &value) != 0) {
                return failed(failure, GOLDEN_ACCESS_FAILED, number, step, 0);
            }
        }
        return GOLDEN_PASS;
    }
    return failed(failure, GOLDEN_MISMATCH, number, step, 0);
}

enum golden_result golden_check(const struct golden_io *io, const struct golden_design *design,
                                struct golden_failure *failure)
{
    struct golden_step steps[4] = {
        {GOLDEN_READ, 0x0000u, 0, 0xffffffffu, 0, "NAME"},
        {GOLDEN_READ, 0x0004u, 0, 0xffffffffu, 0, "VERSION"},
        {GOLDEN_READ, 0x0008u, 0, 0xffffffffu, 0, "NUM_SA"},
        {GOLDEN_READ, 0x000cu, 0, 0xffffffffu, 0, "STAGES"},
    };
    size_t k;

    steps[0].data = design->name;
    steps[1].data = design->version;
    steps[2].data = design->num_sa;
    steps[3].data = design->stages;
    for (k = 0; k < 4; k++) {
        enum golden_result result = play(io, k, &steps[k], failure);
        if (result != GOLDEN_PASS) {
            return result == GOLDEN_MISMATCH ? GOLDEN_OTHER_DEVICE : result;
        }
    }
    return GOLDEN_PASS;
}

enum golden_result golden_replay(const struct golden_io *io, const struct golden_case *one,
                                 struct golden_failure *failure)
{
    size_t k;

    for (k = 0; k < one->count; k++) {
        enum golden_result result = play(io, k, &one->steps[k], failure);
        if (result != GOLDEN_PASS) {
            return result;
        }
    }
    return GOLDEN_PASS;
}
