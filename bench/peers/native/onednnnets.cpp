// oneDNN: inner products with bias and activation fused, softmax as a primitive of its own, all made beforehand for the
// batch. To predict, weights are brought into the format that oneDNN asks for. To train, forward, backward by weights and
// backward by data are primitives as well, and Adam is by hand, on weights in whatever format they have: plain ones, or
// those the forward pass asks for, whichever is faster.
#include "byhand.h"
#include "net.h"
#include "timing.h"

#include <algorithm>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>

using namespace dnnl;

namespace {

const memory::data_type f32 = memory::data_type::f32;
using tag = memory::format_tag;

engine &cpu() {
    static engine e(engine::kind::cpu, 0);
    return e;
}

stream &queue() {
    static stream s(cpu());
    return s;
}

std::string describe() {
    const version_t *v = version();
    return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch) +
           (get_effective_cpu_isa() >= cpu_isa::avx512_core ? "; runs AVX-512" : "; runs less than AVX-512");
}

algorithm algorithmOf(Activation a) {
    return a == Activation::relu   ? algorithm::eltwise_relu_use_dst_for_bwd
           : a == Activation::tanh ? algorithm::eltwise_tanh_use_dst_for_bwd
                                   : algorithm::eltwise_logistic_use_dst_for_bwd;
}

// Step is a primitive with its arguments.
class Step {
public:
    Step(primitive p, std::initializer_list<std::pair<int, memory>> list) : work(std::move(p)) {
        for (const auto &[index, m] : list) {
            held.push_back(m);
            args.push_back({index, m.get()});
        }
    }
    void run() const { dnnl_primitive_execute(work.get(), queue().get(), static_cast<int>(args.size()), args.data()); }

private:
    primitive work;
    std::vector<memory> held;
    std::vector<dnnl_exec_arg_t> args;
};

memory reordered(memory from, const memory::desc &format) {
    if (from.get_desc() == format) { return from; }
    memory to(format, cpu());
    reorder(from, to).execute(queue(), from, to);
    queue().wait();
    return to;
}

memory plain(long rows, long columns) { return memory({{rows, columns}, f32, tag::ab}, cpu()); }

// point makes a memory's contents those at p.
void point(memory &m, const float *p, const float *&last) {
    if (p != last) { m.set_data_handle(const_cast<float *>(last = p)); }
}

inner_product_forward::primitive_desc forwardOf(const Layer &l, long rows, prop_kind kind, const memory::desc &weights) {
    primitive_attr attributes;
    if (l.activation != Activation::softmax) {
        post_ops ops;
        ops.append_eltwise(algorithmOf(l.activation), 0.f, 0.f);
        attributes.set_post_ops(ops);
    }
    return {cpu(), kind, memory::desc({rows, l.in}, f32, tag::ab), weights, memory::desc({l.out}, f32, tag::a),
            memory::desc({rows, l.out}, f32, tag::ab), attributes};
}

Step softmaxOf(memory values, prop_kind kind) {
    softmax_forward::primitive_desc d(cpu(), kind, algorithm::softmax_accurate, values.get_desc(), values.get_desc(), 1);
    return {softmax_forward(d), {{DNNL_ARG_SRC, values}, {DNNL_ARG_DST, values}}};
}

memory::desc anyFormat(const Layer &l) { return {{l.out, l.in}, f32, tag::any}; }

memory fileWeights(const Layer &l) {
    return memory({{l.out, l.in}, f32, tag::ba}, cpu(), const_cast<float *>(l.kernel));
}

class InnerProducts : public Predictor {
public:
    InnerProducts(const Network &net, long rows) : network(net) {
        view(network);
        memory from = source = plain(rows, net.inputs());
        for (const Layer &l : network.layers) {
            auto d = forwardOf(l, rows, prop_kind::forward_inference, anyFormat(l));
            memory to = plain(rows, l.out);
            memory bias({{l.out}, f32, tag::a}, cpu(), const_cast<float *>(l.bias));
            steps.push_back({inner_product_forward(d),
                             {{DNNL_ARG_SRC, from},
                              {DNNL_ARG_WEIGHTS, reordered(fileWeights(l), d.weights_desc())},
                              {DNNL_ARG_BIAS, bias},
                              {DNNL_ARG_DST, to}}});
            called = std::string("inner_product (") + d.impl_info_str() + ")";
            if (l.activation == Activation::softmax) { steps.push_back(softmaxOf(to, prop_kind::forward_inference)); }
            from = to;
        }
        target = from;
    }

    void predict(float *y, const float *x) override {
        point(source, x, lastX), point(target, y, lastY);
        for (const Step &s : steps) { s.run(); }
        queue().wait();
    }

private:
    Network network; // which owns the biases
    memory source, target;
    std::vector<Step> steps;
    const float *lastX = nullptr, *lastY = nullptr;
};

class Steps : public Trainer {
public:
    Steps(const Network &net, long rows, long last, float rate, bool plainWeights) : network(net), adam(rate) {
        view(network);
        for (const Layer &l : network.layers) {
            auto d = forwardOf(l, rows, prop_kind::forward_training,
                               plainWeights ? fileWeights(l).get_desc() : anyFormat(l));
            kernels.emplace_back(reordered(fileWeights(l), d.weights_desc()));
            biases.emplace_back(memory({{l.out}, f32, tag::a}, cpu(), const_cast<float *>(l.bias)));
        }
        for (long n : {rows, last}) {
            if (!batches.count(n)) { batches.emplace(n, makeBatch(n)); }
        }
        called = plainWeights ? "inner_product, plain weights" : "inner_product, weights as forward wants them";
    }

    float step(const float *x, const float *y, long rows) override {
        Batch &b = batches.at(rows);
        point(b.source, x, b.lastX);
        for (const Step &s : b.forward) { s.run(); }
        queue().wait();
        float loss = lossGradient(static_cast<float *>(b.delta.get_data_handle()),
                                  static_cast<float *>(b.outputs.get_data_handle()), y, rows, network.outputs());
        for (const Step &s : b.backward) { s.run(); }
        queue().wait();
        adam.nextStep();
        for (Variable &v : kernels) { v.update(adam); }
        for (Variable &v : biases) { v.update(adam); }
        return loss;
    }

    std::vector<float> weights() const override {
        std::vector<float> all;
        for (size_t i = 0; i < kernels.size(); i++) {
            const Layer &l = network.layers[i];
            memory file = reordered(kernels[i].value, memory::desc({l.out, l.in}, f32, tag::ba));
            for (auto [m, n] : {std::pair{file, l.in * l.out}, std::pair{biases[i].value, l.out}}) {
                const float *p = static_cast<float *>(m.get_data_handle());
                all.insert(all.end(), p, p + n);
            }
        }
        return all;
    }

private:
    // Variable is weights with their gradient and moments, all of one format.
    struct Variable {
        memory value, gradient;
        std::vector<float> m, v;

        explicit Variable(memory from) : value(from.get_desc(), cpu()), gradient(from.get_desc(), cpu()) {
            float *to = static_cast<float *>(value.get_data_handle());
            const float *p = static_cast<float *>(from.get_data_handle());
            std::copy(p, p + size(), to);
            m.resize(static_cast<size_t>(size())), v.resize(m.size());
        }
        long size() const { return static_cast<long>(value.get_desc().get_size() / sizeof(float)); }
        void update(const Adam &adam) {
            adam.update(static_cast<float *>(value.get_data_handle()), static_cast<float *>(gradient.get_data_handle()),
                        m.data(), v.data(), size());
        }
    };

    struct Batch {
        memory source, outputs, delta;
        std::vector<Step> forward, backward;
        const float *lastX = nullptr;
    };

    Batch makeBatch(long rows) {
        Batch b;
        std::vector<memory> values{b.source = plain(rows, network.inputs())};
        std::vector<inner_product_forward::primitive_desc> hints;
        for (size_t i = 0; i < network.layers.size(); i++) {
            const Layer &l = network.layers[i];
            hints.push_back(forwardOf(l, rows, prop_kind::forward_training, kernels[i].value.get_desc()));
            memory to = plain(rows, l.out);
            b.forward.push_back({inner_product_forward(hints.back()),
                                 {{DNNL_ARG_SRC, values.back()},
                                  {DNNL_ARG_WEIGHTS, kernels[i].value},
                                  {DNNL_ARG_BIAS, biases[i].value},
                                  {DNNL_ARG_DST, to}}});
            if (l.activation == Activation::softmax) { b.forward.push_back(softmaxOf(to, prop_kind::forward_training)); }
            values.push_back(to);
        }
        b.outputs = values.back();
        memory delta = b.delta = plain(rows, network.outputs());
        for (size_t i = network.layers.size(); i-- > 0;) {
            const Layer &l = network.layers[i];
            inner_product_backward_weights::primitive_desc byWeights(cpu(), values[i].get_desc(), anyFormat(l),
                                                                     biases[i].value.get_desc(), delta.get_desc(), hints[i]);
            bool same = byWeights.diff_weights_desc() == kernels[i].value.get_desc();
            memory gradient = same ? kernels[i].gradient : memory(byWeights.diff_weights_desc(), cpu());
            b.backward.push_back({inner_product_backward_weights(byWeights),
                                  {{DNNL_ARG_SRC, values[i]},
                                   {DNNL_ARG_DIFF_DST, delta},
                                   {DNNL_ARG_DIFF_WEIGHTS, gradient},
                                   {DNNL_ARG_DIFF_BIAS, biases[i].gradient}}});
            if (!same) {
                b.backward.push_back({reorder(gradient, kernels[i].gradient),
                                      {{DNNL_ARG_FROM, gradient}, {DNNL_ARG_TO, kernels[i].gradient}}});
            }
            if (i == 0) { break; }
            inner_product_backward_data::primitive_desc byData(cpu(), values[i].get_desc(), anyFormat(l), delta.get_desc(),
                                                               hints[i]);
            memory kernel = kernels[i].value;
            if (byData.weights_desc() != kernel.get_desc()) {
                kernel = memory(byData.weights_desc(), cpu());
                b.backward.push_back({reorder(kernels[i].value, kernel),
                                      {{DNNL_ARG_FROM, kernels[i].value}, {DNNL_ARG_TO, kernel}}});
            }
            memory below = plain(rows, l.in);
            b.backward.push_back({inner_product_backward_data(byData),
                                  {{DNNL_ARG_DIFF_DST, delta}, {DNNL_ARG_WEIGHTS, kernel}, {DNNL_ARG_DIFF_SRC, below}}});
            algorithm kind = algorithmOf(network.layers[i - 1].activation);
            memory::desc d = below.get_desc();
            eltwise_forward::primitive_desc hint(cpu(), prop_kind::forward_training, kind, d, d, 0.f, 0.f);
            eltwise_backward::primitive_desc slope(cpu(), kind, d, d, d, 0.f, 0.f, hint);
            b.backward.push_back({eltwise_backward(slope),
                                  {{DNNL_ARG_DST, values[i]}, {DNNL_ARG_DIFF_DST, below}, {DNNL_ARG_DIFF_SRC, below}}});
            delta = below;
        }
        return b;
    }

    Network network;
    std::vector<Variable> kernels, biases;
    std::map<long, Batch> batches;
    Adam adam;
};

std::unique_ptr<Predictor> makePredictor(const Network &net, long rows) {
    return std::make_unique<InnerProducts>(net, rows);
}

// makeTrainer tries both formats of weights once for each net and batch.
std::unique_ptr<Trainer> makeTrainer(const Network &net, long rows, long last, float rate) {
    static std::map<std::pair<std::string, long>, bool> plainIsFaster;
    auto [known, isNew] = plainIsFaster.try_emplace({net.name, rows}, false);
    if (isNew) {
        std::vector<float> x(static_cast<size_t>(rows * net.inputs())), y(static_cast<size_t>(rows));
        for (size_t i = 0; i < x.size(); i++) { x[i] = float(i * 37 % 101) / 50 - 1; }
        double seconds[2];
        for (bool plain : {false, true}) {
            Steps s(net, rows, rows, 1e-9f, plain);
            seconds[plain] = secondsOf([&] { s.step(x.data(), y.data(), rows); }, 5e-3);
        }
        known->second = seconds[true] < seconds[false];
    }
    return std::make_unique<Steps>(net, rows, last, rate, known->second);
}

} // namespace

extern const NetPeer netPeer = {describe, makePredictor, makeTrainer};
