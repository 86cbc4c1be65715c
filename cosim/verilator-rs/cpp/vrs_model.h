// SPDX-License-Identifier: Apache-2.0
//
// The shim of a model. The generated code gives a Binding: the classes, and how to move values
// between a record and the model. Everything else is here.

#pragma once

#include "verilated_cov.h"
#include "verilated_fst_c.h"
#include "vrs.h"
#include "vrs_save.h"

namespace vrs {

template <typename Binding>
class Shim final {
    using Top = typename Binding::Top;
    using In = typename Binding::In;
    using Out = typename Binding::Out;
    using Probe = typename Binding::Probe;

    struct Model final : Instance {
        std::unique_ptr<VerilatedFstC> fst;
        bool tracing = false;
        // Last, hence destroyed first: it refers to the others.
        std::unique_ptr<Top> top;

        inline void half_cycle(uint8_t level) {
            Binding::clock(top.get(), level);
            top->eval();
            if (Binding::TRACE && VL_UNLIKELY(tracing)) fst->dump(context->time());
            context->timeInc(Binding::HALF_PERIOD);
        }

        // Inputs change while the clock is low, outputs are those after the rising edge.
        inline bool cycle(const In& input, Out& output) {
            Binding::drive(top.get(), input);
            half_cycle(0);
            half_cycle(1);
            Binding::sample(top.get(), output);
            ++cycles;
            return VL_LIKELY(halt == Halt::RUNNING);
        }
    };

    static Model* model(Instance* instance) { return static_cast<Model*>(instance); }

    static Instance* create(uint32_t seed) {
        std::unique_ptr<Model> instance{new (std::nothrow) Model};
        if (!instance) return nullptr;
        create_context(*instance, seed);
        const Enter enter{instance.get()};
        try {
            {
                const Lock lock;
                // The filler between variables shall not be what the program had there before, so that
                // two instances in the same state have the same bytes.
                fill_new_memory(true);
                instance->top.reset(new Top{instance->context.get(), "TOP"});
                fill_new_memory(false);
                if constexpr (Binding::TRACE) {
                    // Registered for good, opened and closed at will: nothing is paid meanwhile.
                    instance->fst.reset(new VerilatedFstC);
                    instance->top->trace(instance->fst.get(), 99);
                }
            }
            // The first evaluation sees no edge, so it is made here and not in the first cycle.
            Binding::drive(instance->top.get(), In{});
            Binding::clock(instance->top.get(), 0);
            instance->top->eval();
        } catch (...) {
            caught(*instance);
        }
        return instance.release();
    }

    static void destroy(Instance* instance) {
        std::unique_ptr<Model> self{model(instance)};
        {
            const Enter enter{self.get()};
            try {
                if (self->top && self->halt != Halt::INTERNAL) self->top->final();
                const Lock lock;
                close_trace(*self);
                self->fst.reset();
                self->top.reset();
            } catch (...) {
                // Nobody is left to be told.
            }
        }
        destroy_context(*self);
    }

    static bool step(Instance* instance, const void* input, void* output) {
        Model* const self = model(instance);
        if (VL_UNLIKELY(self->halt != Halt::RUNNING)) return false;
        const Enter enter{self};
        try {
            return self->cycle(*static_cast<const In*>(input), *static_cast<Out*>(output));
        } catch (...) {
            caught(*self);
            return false;
        }
    }

    static size_t run(Instance* instance, const void* inputs, void* outputs, size_t n) {
        Model* const self = model(instance);
        if (self->halt != Halt::RUNNING) return 0;
        const Enter enter{self};
        const In* const in = static_cast<const In*>(inputs);
        Out* const out = static_cast<Out*>(outputs);
        size_t done = 0;
        try {
            while (done < n) {
                const bool ok = self->cycle(in[done], out[done]);
                ++done;
                if (!ok) break;
            }
        } catch (...) {
            caught(*self);
        }
        return done;
    }

    static void probe(Instance* instance, void* record) {
        Model* const self = model(instance);
        if (self->top) Binding::probe(self->top.get(), *static_cast<Probe*>(record));
    }

    static const void* memory(Instance* instance, size_t index) {
        Model* const self = model(instance);
        return self->top ? Binding::memory(self->top.get(), index) : nullptr;
    }

    static size_t state(Instance* instance, uint8_t* to, size_t room) {
        Model* const self = model(instance);
        if (!self->top) return 0;
        const auto* const state = Binding::state(self->top.get());
        if (room >= sizeof(*state)) std::memcpy(to, static_cast<const void*>(state), sizeof(*state));
        return sizeof(*state);
    }

    static void close_trace(Model& self) {
        if constexpr (Binding::TRACE) {
            if (self.tracing) {
                self.tracing = false;
                self.fst->close();
            }
        }
    }

    static bool trace_open(Instance* instance, const char* path) {
        Model* const self = model(instance);
        if constexpr (Binding::TRACE) {
            if (!self->fst) return false;
            const Enter enter{self};
            try {
                const Lock lock;
                close_trace(*self);
                self->fst->open(path);
                self->tracing = self->fst->isOpen();
            } catch (...) {
                caught(*self);
            }
        }
        return self->tracing;
    }

    static void trace_close(Instance* instance) {
        Model* const self = model(instance);
        const Enter enter{self};
        try {
            const Lock lock;
            close_trace(*self);
        } catch (...) {
            caught(*self);
        }
    }

    static bool coverage_write(Instance* instance, const char* path) {
        if constexpr (Binding::COVERAGE) {
            Model* const self = model(instance);
            const Enter enter{self};
            try {
                const Lock lock;
                self->context->coveragep()->write(path);
                return true;
            } catch (...) {
                caught(*self);
            }
        }
        return false;
    }

    static bool save(Instance* instance, Saver::Sink sink, void* user) {
        if constexpr (Binding::SAVABLE) {
            Model* const self = model(instance);
            if (self->halt != Halt::RUNNING) return false;
            const Enter enter{self};
            try {
                Saver os{sink, user};
                os << self->context.get();
                os << *self->top;
                os << self->cycles;
                os.flush();
                return true;
            } catch (...) {
                caught(*self);
            }
        }
        return false;
    }

    static bool restore(Instance* instance, const uint8_t* data, size_t size) {
        if constexpr (Binding::SAVABLE) {
            Model* const self = model(instance);
            if (self->halt == Halt::INTERNAL) return false;
            const Enter enter{self};
            try {
                {
                    // Time in a file cannot go back.
                    const Lock lock;
                    close_trace(*self);
                }
                Restorer is{data, size};
                is >> self->context.get();
                is >> *self->top;
                is >> self->cycles;
                self->halt = Halt::RUNNING;
                self->context->gotFinish(false);
                self->context->gotError(false);
                return true;
            } catch (...) {
                caught(*self);
            }
        }
        return false;
    }

public:
    // What a test bench in C++ does: the yardstick for the way through `step`.
    static uint64_t bench_loop(Instance* instance, const void* inputs, size_t n_inputs,
                               uint64_t cycles) {
        Model* const self = model(instance);
        if (self->halt != Halt::RUNNING || n_inputs == 0) return 0;
        const Enter enter{self};
        const In* const in = static_cast<const In*>(inputs);
        Top* const top = self->top.get();
        VerilatedContext* const context = self->context.get();
        uint64_t done = 0;
        try {
            Out output;
            size_t next = 0;
            while (done < cycles && !context->gotFinish()) {
                Binding::drive(top, in[next]);
                if (++next == n_inputs) next = 0;
                Binding::clock(top, 0);
                top->eval();
                context->timeInc(Binding::HALF_PERIOD);
                Binding::clock(top, 1);
                top->eval();
                context->timeInc(Binding::HALF_PERIOD);
                Binding::sample(top, output);
                // The sink: the outputs have to be in memory now.
                asm volatile("" : : "r"(&output) : "memory");
                ++done;
            }
        } catch (...) {
            caught(*self);
        }
        self->cycles += done;
        return done;
    }

    static constexpr Vtable VTABLE{create,      destroy,     step,           run,
                                   probe,       memory,      trace_open,     trace_close,
                                   coverage_write, save,     restore,        bench_loop,
                                   state,       Binding::variables};
};

}  // namespace vrs
