// Eigen: products of row-major maps, and its array functions.
#include "peer.h"

#include <Eigen/Core>

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Map = Eigen::Map<const Matrix, Eigen::Aligned64>;
using Values = Eigen::Map<const Eigen::ArrayXf, Eigen::Aligned64>;

Problem p;

void multiply() {
    Eigen::Map<Matrix, Eigen::Aligned64> c(p.c, p.m, p.n);
    if (p.op == "nn") {
        c.noalias() = Map(p.a, p.m, p.k) * Map(p.b, p.k, p.n);
    } else if (p.op == "tn") {
        c.noalias() = Map(p.a, p.k, p.m).transpose() * Map(p.b, p.k, p.n);
    } else {
        c.noalias() = Map(p.a, p.m, p.k) * Map(p.b, p.n, p.k).transpose();
    }
}

void exponential() { Eigen::Map<Eigen::ArrayXf, Eigen::Aligned64>(p.c, p.n) = Values(p.a, p.n).exp(); }
void tangent() { Eigen::Map<Eigen::ArrayXf, Eigen::Aligned64>(p.c, p.n) = Values(p.a, p.n).tanh(); }
void logistic() { Eigen::Map<Eigen::ArrayXf, Eigen::Aligned64>(p.c, p.n) = Values(p.a, p.n).logistic(); }

void (*chosen)() = multiply;

std::string describe() {
    Eigen::setNbThreads(threadCount());
    return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
           std::to_string(EIGEN_MINOR_VERSION) + "; compiled for " + Eigen::SimdInstructionSetsInUse();
}

Answer prepare(const Problem &q) {
    p = q;
    if (p.product() && p.prepared) { return {"has no prepared weights", ""}; }
    if (!p.product() && !p.function()) { return {"no such operation", ""}; }
    chosen = p.product() ? multiply : p.op == "exp" ? exponential : p.op == "tanh" ? tangent : logistic;
    return {};
}

void call() { chosen(); }

} // namespace

extern const Peer peer = {describe, prepare, call};
