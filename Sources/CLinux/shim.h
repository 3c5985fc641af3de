// What Swift's Glibc module leaves out.
#define _GNU_SOURCE
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/types.h>

// The symbol of an errno value ("ENOSPC"); a GNU extension of <string.h>.
const char *strerrorname_np(int errnum);
