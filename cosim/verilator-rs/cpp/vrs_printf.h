// SPDX-License-Identifier: Apache-2.0
//
// Included first in every C++ file, because VL_PRINTF is defined to be vrs_printf.

#pragma once

extern "C" int vrs_printf(const char* format, ...) __attribute__((format(printf, 1, 2)));
