// libFuzzer's driver (LLVM, compiler-rt/lib/fuzzer/FuzzerInterface.h has the rest).
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
