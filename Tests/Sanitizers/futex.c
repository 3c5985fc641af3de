/* Shows Swift's `Mutex` to the thread sanitizer.
 *
 * On Linux a Mutex that is waited for is handed on by the kernel (FUTEX_UNLOCK_PI to FUTEX_LOCK_PI), where the sanitizer
 * does not see that one thread goes on after the other; it then reports races inside locked regions. This library,
 * loaded before all others, tells it. Nothing is suppressed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>

/* Of the sanitizer's runtime; absent in programs that are built without it. */
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

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
  if ((operation == FUTEX_LOCK_PI || operation == FUTEX_TRYLOCK_PI) && result == 0 && __tsan_acquire)
    __tsan_acquire((void *)word[0]);
  return result;
}
