// What Swift's Glibc module leaves out. The GNU extensions are declared here, since their headers hide them
// from a module that is built without _GNU_SOURCE.
#include <pthread.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/vfs.h>

pid_t gettid(void);
int pthread_setname_np(pthread_t thread, const char *name);
// The symbol of an errno value ("ENOSPC").
const char *strerrorname_np(int errnum);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int pipe2(int ends[2], int flags);
int prlimit(pid_t process, int resource, const struct rlimit *limit, struct rlimit *before);
int dup3(int from, int to, int flags);
