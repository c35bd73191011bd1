// Intel MKL: cblas_sgemm, cblas_sgemm_compute with B packed, and the vector functions of VML in their default mode.
#include "peer.h"

#include <fstream>
#include <mkl.h>

namespace {

Problem p;
float *packed;

void multiply() {
    cblas_sgemm(CblasRowMajor, p.transA() ? CblasTrans : CblasNoTrans, p.transB() ? CblasTrans : CblasNoTrans, p.m,
                p.n, p.k, 1, p.a, p.lda(), p.b, p.ldb(), 0, p.c, p.n);
}

void multiplyPacked() {
    cblas_sgemm_compute(CblasRowMajor, CblasNoTrans, CblasPacked, p.m, p.n, p.k, p.a, p.k, packed, p.n, 0, p.c, p.n);
}

void exponential() { vsExp(p.n, p.a, p.c); }

void tangent() { vsTanh(p.n, p.a, p.c); }

void (*chosen)() = multiply;

// loaded names the library of kernels that MKL has loaded, the only word of what it picked.
std::string loaded() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        size_t at = line.find("libmkl_");
        if (at == std::string::npos) { continue; }
        std::string name = line.substr(at, line.find(".so", at) - at);
        for (const char *other : {"rt", "core", "sequential", "_thread", "lp64", "vml"}) {
            if (name.find(other) != std::string::npos) { name.clear(); }
        }
        if (!name.empty()) { return name; }
    }
    return "unknown kernels";
}

std::string describe() {
    mkl_set_num_threads(threadCount());
    mkl_set_dynamic(0);
    static float a[64 * 64], b[64 * 64], c[64 * 64];
    p = {"nn", 64, 64, 64, false, a, b, c};
    multiply(); // loads the kernels
    MKLVersion v;
    mkl_get_version(&v);
    return "MKL " + std::to_string(v.MajorVersion) + "." + std::to_string(v.MinorVersion) + "; runs " + loaded() +
           " on " + v.Processor;
}

Answer prepare(const Problem &q) {
    p = q;
    mkl_free(packed);
    packed = nullptr;
    if (q.product() && q.prepared) {
        if (q.op != "nn") { return {"only nn is measured with prepared weights", ""}; }
        packed = static_cast<float *>(mkl_malloc(cblas_sgemm_pack_get_size(CblasBMatrix, p.m, p.n, p.k), 64));
        cblas_sgemm_pack(CblasRowMajor, CblasBMatrix, CblasNoTrans, p.m, p.n, p.k, 1, p.b, p.n, packed);
        chosen = multiplyPacked;
    } else if (q.product()) {
        chosen = multiply;
    } else if (q.op == "exp") {
        chosen = exponential;
    } else if (q.op == "tanh") {
        chosen = tangent;
    } else {
        return {"no such function", ""};
    }
    return {};
}

void call() { chosen(); }

} // namespace

extern const Peer peer = {describe, prepare, call};
