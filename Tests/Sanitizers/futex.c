/* Shows Swift's `Mutex` to the thread sanitizer.
 *
 * A Mutex that is waited for is taken inside Swift's library, which is built without the sanitizer: by a second try
 * while the thread spins, or handed on by the kernel (FUTEX_UNLOCK_PI to FUTEX_LOCK_PI). The sanitizer does not see
 * that one thread goes on after the other and reports races inside locked regions. This library, loaded before all
 * others, tells it. Nothing is suppressed. Built by clang, which knows how Swift calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Of the sanitizer's runtime; absent in programs that are built without it. */
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

/* Synchronization._MutexHandle._lockSlow(UInt32): returns when the lock is held. */
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

SWIFT void lockSlow(uint32_t thread, SELF void *handle) __asm__(LOCK_SLOW);

SWIFT void lockSlow(uint32_t thread, SELF void *handle) {
  static SWIFT void (*next)(uint32_t, SELF void *);
  if (!next) next = (SWIFT void (*)(uint32_t, SELF void *))dlsym(RTLD_NEXT, LOCK_SLOW);
  next(thread, handle);
  if (__tsan_acquire) __tsan_acquire(handle);
}

long syscall(long number, ...) {
  static long (*next)(long, ...);
  if (!next) next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  long word[6];
  va_list words;
  va_start(words, number);
  for (int index = 0; index < 6; index++) word[index] = va_arg(words, long);
  va_end(words);
  int operation = number == SYS_futex ? (int)word[1] & FUTEX_CMD_MASK : -1;
  if (operation == FUTEX_UNLOCK_PI && __tsan_release) __tsan_release((void *)word[0]);
  long result = next(number, word[0], word[1], word[2], word[3], word[4], word[5]);
  if (operation == FUTEX_TRYLOCK_PI && result == 0 && __tsan_acquire) __tsan_acquire((void *)word[0]);
  return result;
}
