// CBLAS as OpenBLAS ships it, and the LAPACK routines that libopenblas itself exports.
// Their header belongs to another package (liblapacke-dev), whose wrappers copy each matrix; the
// prototypes that we call stand here instead. Every argument is a pointer, matrices are column-major.
#include <cblas.h>

