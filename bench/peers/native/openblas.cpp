// OpenBLAS, from the wheel scipy-openblas32, whose functions have a prefix.
#include "peer.h"

extern "C" {
#include <cblas.h>
char *scipy_openblas_get_config(void);
char *scipy_openblas_get_corename(void);
void scipy_openblas_set_num_threads(int);
}

namespace {

Problem p;

std::string describe() {
    scipy_openblas_set_num_threads(threadCount());
    return std::string(scipy_openblas_get_config()) + "; runs as " + scipy_openblas_get_corename();
}

Answer prepare(const Problem &q) {
    if (!q.product()) { return {"not a product", ""}; }
    if (q.prepared) { return {"has no prepared weights", ""}; }
    p = q;
    return {};
}

void call() {
    scipy_cblas_sgemm(CblasRowMajor, p.transA() ? CblasTrans : CblasNoTrans, p.transB() ? CblasTrans : CblasNoTrans,
                      p.m, p.n, p.k, 1, p.a, p.lda(), p.b, p.ldb(), 0, p.c, p.n);
}

} // namespace

extern const Peer peer = {describe, prepare, call};
