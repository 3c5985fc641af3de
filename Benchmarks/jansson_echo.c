/* The same work in C with libjansson: reads Content-Length framed messages, parses each with the flags that `quire`
 * uses, and answers {"jsonrpc":"2.0","id":N,"result":{}} from the thread that reads. No validation, no limits.
 *
 *   cc -O2 -o jansson_echo jansson_echo.c -ljansson
 */
#define _GNU_SOURCE
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *in;
static size_t have, room;

static int fill(void) {
  if (have + (1 << 16) > room) {
    room = room ? room * 2 : 1 << 20;
    in = realloc(in, room);
    if (!in) exit(5);
  }
  for (;;) {
    ssize_t n = read(0, in + have, room - have);
    if (n > 0) {
      have += (size_t)n;
      return 1;
    }
    if (n == 0) return 0;
    if (errno != EINTR) exit(4);
  }
}

int main(void) {
  char body[4096], out[4200];
  for (;;) {
    char *end = NULL;
    while (!(have >= 4 && (end = memmem(in, have < 4096 ? have : 4096, "\r\n\r\n", 4))))
      if (!fill()) return 0;
    size_t length = strtoul(in + 15, NULL, 10), start = (size_t)(end - in) + 4, total = start + length;
    while (have < total)
      if (!fill()) return 0;
    json_error_t error;
    json_t *message = json_loadb(
        in + start, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    char *id = message ? json_dumps(json_object_get(message, "id"), JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    int n = snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}", id ? id : "null");
    int m = snprintf(out, sizeof out, "Content-Length: %d\r\n\r\n%s", n, body);
    free(id);
    json_decref(message);
    for (char *p = out; m > 0;) {
      ssize_t k = write(1, p, (size_t)m);
      if (k < 0 && errno != EINTR) exit(4);
      if (k > 0) p += k, m -= (int)k;
    }
    memmove(in, in + total, have - total);
    have -= total;
  }
}
