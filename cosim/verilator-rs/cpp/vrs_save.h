// SPDX-License-Identifier: Apache-2.0
//
// Verilator's save and restore, to and from memory.

#pragma once

#include "verilated_save.h"

#include <algorithm>
#include <cstring>

namespace vrs {

class Saver final : public VerilatedSerialize {
public:
    using Sink = void (*)(void*, const uint8_t*, size_t);

    Saver(Sink sink, void* user)
        : m_sink{sink}
        , m_user{user} {
        m_isOpen = true;
        header();
    }
    ~Saver() override = default;
    void flush() override {
        m_sink(m_user, m_bufp, static_cast<size_t>(m_cp - m_bufp));
        m_cp = m_bufp;
    }

private:
    const Sink m_sink;
    void* const m_user;
};

class Restorer final : public VerilatedDeserialize {
public:
    Restorer(const uint8_t* data, size_t size)
        : m_data{data}
        , m_size{size} {
        m_isOpen = true;
        m_filename = "snapshot";
        m_endp = m_bufp;
        fill();
        header();
    }
    ~Restorer() override = default;
    void fill() override {
        // Asked before every read near the end, when there is nothing more to give.
        if (m_size == 0) return;
        const size_t unread = static_cast<size_t>(m_endp - m_cp);
        std::memmove(m_bufp, m_cp, unread);
        const size_t more = std::min(m_size, bufferSize() - unread);
        std::memcpy(m_bufp + unread, m_data, more);
        m_data += more;
        m_size -= more;
        m_cp = m_bufp;
        m_endp = m_bufp + unread + more;
    }

private:
    const uint8_t* m_data;
    size_t m_size;
};

}  // namespace vrs
