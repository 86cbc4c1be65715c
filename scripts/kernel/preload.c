// SPDX-License-Identifier: Apache-2.0
// Loaded in front of a user-mode Linux kernel (LD_PRELOAD). Linux 6.1 as a process has a buffer of fixed size for the
// extended registers of its own processes, which is too short on processors with AMX: every process dies at once. Told
// that there are no extended registers it takes the classic ones, which is all that the guest needs.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>

#define EXTENDED_STATE 0x202  // NT_X86_XSTATE

#undef ptrace
long ptrace(enum __ptrace_request request, ...) {
  va_list list;
  va_start(list, request);
  pid_t pid = va_arg(list, pid_t);
  void *address = va_arg(list, void *);
  void *data = va_arg(list, void *);
  va_end(list);
  if ((request == PTRACE_GETREGSET || request == PTRACE_SETREGSET) && (uintptr_t)address == EXTENDED_STATE) {
    errno = EINVAL;
    return -1;
  }
  long (*next)(enum __ptrace_request, ...) = (long (*)(enum __ptrace_request, ...))dlsym(RTLD_NEXT, "ptrace");
  return next(request, pid, address, data);
}
