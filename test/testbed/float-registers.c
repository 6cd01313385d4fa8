/*
 * LD_PRELOAD shim that lets User Mode Linux 6.1 boot on a CPU with a large XSAVE area (AMX tiles).
 *
 * UML saves its processes' registers with PTRACE_SETREGSET NT_X86_XSTATE from a buffer of its own, fixed size. Since
 * Linux 5.16 the area of such a CPU is larger than that, the kernel wants it whole or answers EFAULT, and UML panics in
 * put_fp_registers. So the buffer is handed on in a full-size copy. The tile components (17 and 18) are marked as unused,
 * which is what they are: nothing in the machine asks for them. Removable once UML asks the CPU for the size (Linux 6.12).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NT_X86_XSTATE 0x202
#define XSTATE_BV_OFFSET 512
#define TILE_COMPONENTS (3UL << 17)

static long set_whole_xstate(long pid, const struct iovec *given) {
  static __thread unsigned char area[65536];
  struct iovec whole = {area, sizeof area};
  size_t length = given->iov_len < sizeof area ? given->iov_len : sizeof area;
  unsigned long present;

  memcpy(area, given->iov_base, length);
  memcpy(&present, area + XSTATE_BV_OFFSET, sizeof present);
  present &= ~TILE_COMPONENTS;
  memcpy(area + XSTATE_BV_OFFSET, &present, sizeof present);
  return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &whole);
}

long ptrace(enum __ptrace_request request, ...) {
  va_list arguments;
  va_start(arguments, request);
  long pid = va_arg(arguments, int);
  void *address = va_arg(arguments, void *);
  void *data = va_arg(arguments, void *);
  va_end(arguments);

  /* The bare system call stores a peeked word, glibc's function returns it. */
  if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
    long word = 0;
    long result = syscall(SYS_ptrace, request, pid, address, &word);
    if (result < 0) return result;
    errno = 0;
    return word;
  }
  if (request == PTRACE_SETREGSET && (long)address == NT_X86_XSTATE) return set_whole_xstate(pid, data);
  return syscall(SYS_ptrace, request, pid, address, data);
}
