// CBLAS as OpenBLAS ships it, and the LAPACK routines that libopenblas itself exports.
// Their header belongs to another package (liblapacke-dev), whose wrappers copy each matrix; the
// prototypes that we call stand here instead. Every argument is a pointer, matrices are column-major.
// The lengths of character arguments come last, by value, as gfortran passes them.
#include <cblas.h>
#include <stddef.h>

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *ipiv, int *info);
void dgetrs_(
  const char *trans, const int *n, const int *nrhs, const double *a, const int *lda, const int *ipiv, double *b,
  const int *ldb, int *info, size_t);
void dsyevd_(
  const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
  const int *lwork, int *iwork, const int *liwork, int *info, size_t, size_t);
void dsyevr_(
  const char *jobz, const char *range, const char *uplo, const int *n, double *a, const int *lda, const double *vl,
  const double *vu, const int *il, const int *iu, const double *abstol, int *m, double *w, double *z,
  const int *ldz, int *isuppz, double *work, const int *lwork, int *iwork, const int *liwork, int *info, size_t,
  size_t, size_t);
void dgesdd_(
  const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s, double *u, const int *ldu,
  double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info, size_t);
void dgesvd_(
  const char *jobu, const char *jobvt, const int *m, const int *n, double *a, const int *lda, double *s, double *u,
  const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *info, size_t, size_t);
void dgelqf_(
  const int *m, const int *n, double *a, const int *lda, double *tau, double *work, const int *lwork, int *info);
void dorglq_(
  const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau, double *work,
  const int *lwork, int *info);
