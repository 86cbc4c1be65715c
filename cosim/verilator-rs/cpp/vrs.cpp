// SPDX-License-Identifier: Apache-2.0
//
// Hooks into Verilator's runtime that turn messages and fatal errors into state of the instance, and
// the part of the interface that does not depend on the model.

#include "vrs.h"

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>

namespace vrs {

thread_local Instance* current = nullptr;
thread_local VerilatedContext* current_context = nullptr;

namespace {

std::mutex global_mutex;

// A design that prints every clock must not eat the memory: of a longer log the newer half is kept.
constexpr size_t LOG_LIMIT = 4 << 20;

struct Fatal final {};

void halt(Halt reason, const char* file, int line, std::string message) {
    Instance* const instance = current;
    if (!instance) {
        // Outside any instance there is nobody to tell.
        std::fprintf(stderr, "verilated model: %s:%d: %s\n", file ? file : "", line,
                     message.c_str());
        std::abort();
    }
    if (instance->halt != Halt::RUNNING && reason != Halt::INTERNAL) return;
    instance->halt = reason;
    instance->file = file ? file : "";
    instance->line = line;
    instance->message = std::move(message);
}

// "[12] %Error: f.sv:7: Assertion failed in top.u_a: text" gives "top.u_a: text"; anything else
// gives nothing. Verilator prints this just before it stops for $error, $fatal and assertions, and
// tells in no other way which it was.
std::string assertion_text(const Instance& instance) {
    static const char MARK[] = "Assertion failed in ";
    const std::string last = instance.log.substr(instance.last_print);
    if (last.find("%Error: ") == std::string::npos && last.find("%Fatal: ") == std::string::npos) {
        return {};
    }
    const size_t at = last.find(MARK);
    if (at == std::string::npos) return {};
    std::string text = last.substr(at + sizeof(MARK) - 1);
    // The name of the instance itself, which is the same for all.
    if (text.compare(0, 4, "TOP.") == 0) text.erase(0, 4);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

void append(Instance& instance, const char* text, size_t size) {
    if (instance.log.size() + size > LOG_LIMIT) {
        const size_t cut = instance.log.find('\n', instance.log.size() / 2);
        instance.log.erase(0, cut == std::string::npos ? cut : cut + 1);
    }
    instance.last_print = instance.log.size();
    instance.log.append(text, size);
}

}  // namespace

Lock::Lock() { global_mutex.lock(); }
Lock::~Lock() { global_mutex.unlock(); }

void switch_context(VerilatedContext* context) {
    const Lock lock;
    Verilated::threadContextp(context);
    current_context = context;
}

void fill_new_memory(bool on) {
#ifdef M_PERTURB
    mallopt(M_PERTURB, on ? 0xff : 0);
#else
    (void)on;
#endif
}

void create_context(Instance& instance, uint32_t seed) {
    const Lock lock;
    instance.context.reset(new VerilatedContext);
    // The constructor has made it current.
    current_context = instance.context.get();
    // Otherwise every context starts a worker thread for each further processor.
    instance.context->threads(1);
    instance.context->traceEverOn(true);
    // A two-state simulator cannot show X. Instead, all that has no reset starts at random.
    instance.context->randReset(seed ? 2 : 0);
    const int positive = static_cast<int>(seed & 0x7fffffffU);
    instance.context->randSeed(positive ? positive : 1);
}

void destroy_context(Instance& instance) {
    const Lock lock;
    if (current_context == instance.context.get()) current_context = nullptr;
    instance.context.reset();
}

void caught(Instance& instance) noexcept {
    try {
        try {
            throw;
        } catch (const Fatal&) {
            // Already told by vl_fatal.
        } catch (const std::exception& e) {
            halt(Halt::INTERNAL, "", 0, e.what());
        } catch (...) {
            halt(Halt::INTERNAL, "", 0, "C++ exception");
        }
    } catch (...) {
        // Out of memory for the message.
    }
    instance.halt = Halt::INTERNAL;
}

}  // namespace vrs

extern "C" int vrs_printf(const char* format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int size = std::vsnprintf(nullptr, 0, format, args);
    va_end(args);
    if (size > 0) {
        std::string text(static_cast<size_t>(size) + 1, '\0');
        std::vsnprintf(&text[0], text.size(), format, again);
        text.pop_back();
        if (vrs::current) {
            vrs::append(*vrs::current, text.data(), text.size());
        } else {
            std::fputs(text.c_str(), stderr);
        }
    }
    va_end(again);
    return size;
}

void vl_finish(const char* file, int line, const char*) VL_MT_UNSAFE {
    vrs::halt(vrs::Halt::FINISH, file, line, "$finish");
    Verilated::threadContextp()->gotFinish(true);
}

// Returns, so that the evaluation ends in good order; the shim goes no further.
void vl_stop(const char* file, int line, const char*) VL_MT_UNSAFE {
    std::string text = vrs::current ? vrs::assertion_text(*vrs::current) : std::string{};
    if (text.empty()) {
        vrs::halt(vrs::Halt::STOP, file, line, "$stop");
    } else {
        vrs::halt(vrs::Halt::ASSERTION, file, line, std::move(text));
    }
    Verilated::threadContextp()->gotError(true);
    Verilated::threadContextp()->gotFinish(true);
}

// Must not return: after "did not converge" the generated code would loop for ever.
void vl_fatal(const char* file, int line, const char*, const char* message) VL_MT_UNSAFE {
    vrs::halt(vrs::Halt::INTERNAL, file, line, message ? message : "");
    throw vrs::Fatal{};
}

void vl_warn(const char* file, int line, const char*, const char* message) VL_MT_UNSAFE {
    vrs_printf("%%Warning: %s:%d: %s\n", file ? file : "", line, message ? message : "");
}

extern "C" {

int32_t vrs_halt(const vrs::Instance* instance) { return static_cast<int32_t>(instance->halt); }
int32_t vrs_line(const vrs::Instance* instance) { return instance->line; }
uint64_t vrs_cycles(const vrs::Instance* instance) { return instance->cycles; }
uint64_t vrs_time(const vrs::Instance* instance) { return instance->context->time(); }

// 0: file, 1: message, 2: log.
const char* vrs_text(const vrs::Instance* instance, int32_t which, size_t* size) {
    const std::string& text = which == 0   ? instance->file
                              : which == 1 ? instance->message
                                           : instance->log;
    *size = text.size();
    return text.data();
}

void vrs_clear_log(vrs::Instance* instance) {
    instance->log.clear();
    instance->last_print = 0;
}
}
