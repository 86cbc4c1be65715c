// SPDX-License-Identifier: Apache-2.0
//
// What all models share: an instance with its simulation context, and the rules for entering it.

#pragma once

#include "verilated.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace vrs {

// Why a simulation cannot go on. The numbers are known to the Rust side.
enum class Halt : int32_t {
    RUNNING = 0,
    FINISH = 1,     // $finish
    STOP = 2,       // $stop
    ASSERTION = 3,  // $error, $fatal, a failed assertion
    INTERNAL = 4,   // the simulator itself failed; the model must not be evaluated again
};

struct Instance {
    std::unique_ptr<VerilatedContext> context;
    uint64_t cycles = 0;
    // The first reason to stop is kept; what follows from it is of no interest.
    Halt halt = Halt::RUNNING;
    int32_t line = 0;
    std::string file;
    std::string message;
    // Everything printed since it was last taken.
    std::string log;
    // The part of the log that was printed last.
    size_t last_print = 0;
};

// A variable in the object that holds all of a model's state. The layout is known to the Rust side.
struct Variable {
    const char* name;
    size_t offset;
    size_t size;
};

// Operations of a model. The layout is known to the Rust side.
struct Vtable {
    Instance* (*create)(uint32_t seed);
    void (*destroy)(Instance*);
    // One cycle. False: the simulation has halted.
    bool (*step)(Instance*, const void* input, void* output);
    // At most n cycles; returns how many were run.
    size_t (*run)(Instance*, const void* inputs, void* outputs, size_t n);
    void (*probe)(Instance*, void* record);
    const void* (*memory)(Instance*, size_t index);
    bool (*trace_open)(Instance*, const char* path);
    void (*trace_close)(Instance*);
    bool (*coverage_write)(Instance*, const char* path);
    bool (*save)(Instance*, void (*sink)(void*, const uint8_t*, size_t), void* user);
    bool (*restore)(Instance*, const uint8_t* data, size_t size);
    uint64_t (*bench_loop)(Instance*, const void* inputs, size_t n_inputs, uint64_t cycles);
    // Copies the bytes of the state, if `to` has room for them; returns their number.
    size_t (*state)(Instance*, uint8_t* to, size_t room);
    const Variable* (*variables)(size_t* count);
};

// Held while contexts and models are made or destroyed and trace files are opened or closed: these
// write globals of Verilator (the last context) and of the C library (time conversion). It is never
// held during evaluation.
class Lock final {
public:
    Lock();
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
};

// The instance being evaluated by this thread. The hooks for printing and stopping get no argument
// that could tell.
extern thread_local Instance* current;
// What this thread last made Verilator's current context.
extern thread_local VerilatedContext* current_context;

void switch_context(VerilatedContext* context);

// To be alive during every call into a model. Evaluation does not set Verilator's current context by
// itself, but time, printing and stopping go through it.
class Enter final {
public:
    explicit Enter(Instance* instance)
        : m_previous{current} {
        current = instance;
        if (VL_UNLIKELY(current_context != instance->context.get())) {
            switch_context(instance->context.get());
        }
    }
    ~Enter() { current = m_previous; }
    Enter(const Enter&) = delete;
    Enter& operator=(const Enter&) = delete;

private:
    Instance* const m_previous;
};

// Whether memory is filled when it is allocated, where the C library can do that.
void fill_new_memory(bool on);

void create_context(Instance& instance, uint32_t seed);
void destroy_context(Instance& instance);

// To be called in a handler for (...): makes the exception the reason to stop.
void caught(Instance& instance) noexcept;

}  // namespace vrs
