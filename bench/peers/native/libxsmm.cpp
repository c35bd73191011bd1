// libxsmm: kernels that it compiles for one shape. It has no driver for row-major matrices of any size, so this does
// what a program would: C' = B'·A' with the columns that libxsmm thinks in, one kernel for all or for blocks that fit
// the caches, whichever of a few sizes is the fastest here, and a transposition of the library's own in each call where
// it compiles no kernel for a transposed operand.
#include "peer.h"

#include <algorithm>
#include <chrono>
#include <libxsmm.h>
#include <vector>

namespace {

Problem p;

// Blocks is one way to compute the product: blocks of rows × columns × depth, with kernels for the first and for the
// later blocks of the depth.
struct Blocks {
    long rows, columns, depth;
    bool kernelTransposes; // or the call does
    libxsmm_smmfunction kernels[2][2][2][2]; // [later depth][last rows][last columns][last depth]
};

Blocks chosen;
std::vector<float> transposed;

const float *first() { return p.transA() && !chosen.kernelTransposes ? transposed.data() : p.a; }
const float *second() { return p.transB() && !chosen.kernelTransposes ? transposed.data() : p.b; }

libxsmm_smmfunction kernel(const Blocks &s, long rows, long columns, long depth, float beta) {
    bool trans = s.kernelTransposes;
    libxsmm_blasint lda = trans && p.transB() ? p.k : p.n, ldb = trans && p.transA() ? p.m : p.k, ldc = p.n;
    float alpha = 1;
    int flags = LIBXSMM_GEMM_FLAG_NONE, prefetch = LIBXSMM_PREFETCH_NONE;
    if (trans && p.transB()) { flags |= LIBXSMM_GEMM_FLAG_TRANS_A; }
    if (trans && p.transA()) { flags |= LIBXSMM_GEMM_FLAG_TRANS_B; }
    return libxsmm_smmdispatch(columns, rows, depth, &lda, &ldb, &ldc, &alpha, &beta, &flags, &prefetch);
}

long lastOf(long size, long block) { return size % block ? size % block : block; }

bool compile(Blocks &s) {
    for (int later = 0; later < 2; later++) {
        for (int i = 0; i < 8; i++) {
            long rows = i & 1 ? lastOf(p.m, s.rows) : s.rows;
            long columns = i & 2 ? lastOf(p.n, s.columns) : s.columns;
            long depth = i & 4 ? lastOf(p.k, s.depth) : s.depth;
            auto k = kernel(s, rows, columns, depth, later ? 1.f : 0.f);
            if (!k) { return false; }
            s.kernels[later][i & 1][i >> 1 & 1][i >> 2] = k;
        }
    }
    return true;
}

void call() {
    const Blocks &s = chosen;
    if (!s.kernelTransposes && p.transA()) { libxsmm_otrans(transposed.data(), p.a, 4, p.m, p.k, p.m, p.k); }
    if (!s.kernelTransposes && p.transB()) { libxsmm_otrans(transposed.data(), p.b, 4, p.k, p.n, p.k, p.n); }
    const float *a = first(), *b = second();
    bool transA = s.kernelTransposes && p.transA(), transB = s.kernelTransposes && p.transB();
    for (long l = 0; l < p.k; l += s.depth) {
        for (long j = 0; j < p.n; j += s.columns) {
            const float *bs = transB ? b + j * p.k + l : b + l * p.n + j;
            for (long i = 0; i < p.m; i += s.rows) {
                const float *as = transA ? a + l * p.m + i : a + i * p.k + l;
                s.kernels[l > 0][i + s.rows >= p.m][j + s.columns >= p.n][l + s.depth >= p.k](bs, as,
                                                                                              p.c + i * p.n + j);
            }
        }
    }
}

std::string describe() {
    libxsmm_init();
    return std::string("libxsmm " LIBXSMM_VERSION "; compiles for ") + libxsmm_get_target_arch();
}

double secondsOf(const Blocks &s) {
    chosen = s;
    call();
    double least = 1e9;
    for (int i = 0; i < 3; i++) {
        auto start = std::chrono::steady_clock::now();
        call();
        least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return least;
}

Answer prepare(const Problem &q) {
    p = q;
    if (!p.product()) { return {"not a product", ""}; }
    if (p.prepared) { return {"has no prepared weights", ""}; }
    if (threadCount() > 1) { return {"its kernels run on the calling thread", ""}; }
    transposed.assign(p.transA() ? p.m * p.k : p.transB() ? p.k * p.n : 0, 0);
    std::vector<Blocks> ways;
    for (bool trans : {true, false}) {
        if (!trans && p.op == "nn") { continue; }
        for (long columns : {p.n, 64L, 128L}) {
            for (long depth : {p.k, 128L, 512L}) {
                for (long rows : {p.m, 128L}) {
                    bool whole = rows >= p.m && columns >= p.n && depth >= p.k;
                    bool repeats = (columns >= p.n && columns != p.n) || (depth >= p.k && depth != p.k) ||
                                   (rows >= p.m && rows != p.m);
                    if (repeats || (!whole && p.m * p.n * p.k < 1 << 18)) { continue; }
                    if (p.m * p.n * p.k > 1 << 28 && (columns == p.n || depth == p.k)) { continue; }
                    ways.push_back({rows, columns, depth, trans, {}});
                }
            }
        }
    }
    double least = 1e9;
    Blocks best;
    for (Blocks &s : ways) {
        if (!compile(s)) { continue; }
        double t = secondsOf(s);
        if (t < least) { least = t, best = s; }
    }
    if (least == 1e9) { return {"compiles no kernel", ""}; }
    chosen = best;
    std::string text = "kernels of " + std::to_string(best.rows) + "×" + std::to_string(best.columns) + "×" +
                       std::to_string(best.depth);
    if (p.op != "nn" && !best.kernelTransposes) { text += " after a transposition"; }
    return {"", text};
}

} // namespace

extern const Peer peer = {describe, prepare, call};
