// oneDNN: matmul primitives with row-major matrices, B in the library's own format where weights are prepared, and
// eltwise primitives. Compiled with -DPLAIN_BY_SGEMM, its function dnnl_sgemm computes the plain products instead; with
// -DONLY_SGEMM it computes nothing else.
#include "peer.h"

#include <optional>
#include <oneapi/dnnl/dnnl.hpp>

using namespace dnnl;

namespace {

Problem p;
engine cpu;
stream queue;
std::optional<primitive> work;
memory source, weights, target;
dnnl_exec_arg_t args[3];
int argCount;

std::string isaName(cpu_isa isa) {
    switch (isa) {
    case cpu_isa::sse41: return "SSE4.1";
    case cpu_isa::avx: return "AVX";
    case cpu_isa::avx2: return "AVX2";
    case cpu_isa::avx2_vnni: return "AVX2 with VNNI";
    case cpu_isa::avx512_core: return "AVX-512";
    case cpu_isa::avx512_core_vnni: return "AVX-512 with VNNI";
    case cpu_isa::avx512_core_bf16: return "AVX-512 with BF16";
    default: return "instruction set " + std::to_string(static_cast<int>(isa));
    }
}

std::string describe() {
    const version_t *v = version();
    std::string text = "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
                       std::to_string(v->patch) + "; runs " + isaName(get_effective_cpu_isa());
    try {
        cpu = engine(engine::kind::cpu, 0);
        queue = stream(cpu);
    } catch (const error &e) {
        text += std::string("; no engine: ") + e.what();
    }
    return text;
}

bool sgemm() {
#if defined(PLAIN_BY_SGEMM) || defined(ONLY_SGEMM)
    return p.product() && !p.prepared;
#else
    return false;
#endif
}

const memory::data_type f32 = memory::data_type::f32;

std::string prepareProduct() {
    memory::desc am({p.m, p.k}, f32, p.transA() ? memory::format_tag::ba : memory::format_tag::ab);
    memory::desc bm({p.k, p.n}, f32, p.transB() ? memory::format_tag::ba : memory::format_tag::ab);
    memory::desc cm({p.m, p.n}, f32, memory::format_tag::ab);
    memory::desc any({p.k, p.n}, f32, memory::format_tag::any);
    matmul::primitive_desc description(cpu, am, p.prepared ? any : bm, cm);
    source = memory(am, cpu, p.a), weights = memory(bm, cpu, p.b), target = memory(cm, cpu, p.c);
    if (description.weights_desc() != bm) {
        memory own(description.weights_desc(), cpu);
        reorder(weights, own).execute(queue, weights, own);
        queue.wait();
        weights = own;
    }
    work = matmul(description);
    args[0] = {DNNL_ARG_SRC, source.get()};
    args[1] = {DNNL_ARG_WEIGHTS, weights.get()};
    args[2] = {DNNL_ARG_DST, target.get()};
    argCount = 3;
    return description.impl_info_str();
}

std::string prepareFunction() {
    algorithm kind = p.op == "exp"    ? algorithm::eltwise_exp
                     : p.op == "tanh" ? algorithm::eltwise_tanh
                                      : algorithm::eltwise_logistic;
    memory::desc values({p.n}, f32, memory::format_tag::a);
    eltwise_forward::primitive_desc description(cpu, prop_kind::forward_inference, kind, values, values, 0.f, 0.f);
    source = memory(values, cpu, p.a), target = memory(values, cpu, p.c);
    work = eltwise_forward(description);
    args[0] = {DNNL_ARG_SRC, source.get()};
    args[1] = {DNNL_ARG_DST, target.get()};
    argCount = 2;
    return description.impl_info_str();
}

Answer prepare(const Problem &q) {
    p = q;
    if (!p.product() && !p.function()) { return {"no such operation", ""}; }
    if (sgemm()) { return {"", "dnnl_sgemm"}; }
#ifdef ONLY_SGEMM
    return {"measured by the worker of the primitives", ""};
#endif
    if (!cpu) { return {"no engine", ""}; }
    try {
        return {"", p.product() ? prepareProduct() : prepareFunction()};
    } catch (const error &e) {
        return {e.what(), ""};
    }
}

void call() {
    if (sgemm()) {
        dnnl_sgemm(p.transA() ? 'T' : 'N', p.transB() ? 'T' : 'N', p.m, p.n, p.k, 1, p.a, p.lda(), p.b, p.ldb(), 0,
                   p.c, p.n);
        return;
    }
    dnnl_primitive_execute(work->get(), queue.get(), argCount, args);
    dnnl_stream_wait(queue.get());
}

} // namespace

extern const Peer peer = {describe, prepare, call};
