// Eigen by hand: the nets as a programmer who knows Eigen would write them. A batch is a matrix with a column for each
// row of data, so a layer is Y = f(W·X + b) with W of out rows and in columns, which is how the weights lie. The bias is
// there before the product is added, and the activation follows in place, for several numbers of columns at a time, of
// which the fastest for the batch is taken. Compiled with -DFIXED_SIZES the nets' sizes are known to the compiler, and
// products coefficient by coefficient, unrolled, are tried beside Eigen's blocked ones.
#include "net.h"
#include "timing.h"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <omp.h>
#include <tuple>
#include <utility>

namespace {

using Eigen::Dynamic;
using Eigen::Index;
template <int rows, int columns> using Matrix = Eigen::Matrix<float, rows, columns>;
template <class M> using Map = Eigen::Map<M>;
using Array = Eigen::Map<Eigen::ArrayXf>;

std::string describe() {
    Eigen::setNbThreads(threadCount());
    return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
           std::to_string(EIGEN_MINOR_VERSION) + ", g++ " __VERSION__ "; compiled for " + Eigen::SimdInstructionSetsInUse();
}

std::string join(std::string a, const std::string &b) { return a.empty() || b.empty() ? a + b : a + ", " + b; }

// Dims are a layer's sizes: inputs, how far apart columns of inputs lie, and outputs, each perhaps Dynamic. Outputs may be
// padded with rows of zeros to whole vectors.
template <int inputs, int stride, int outputs> struct Dims {
    static constexpr int in = inputs, apart = stride, out = outputs;
};

// OwnLayer is a layer's sizes at run time and where its weights begin.
struct OwnLayer {
    long in, apart, out, fileOut;
    Activation activation;
    long kernel, bias; // indices of the first weight and bias
};

template <bool lazy, class D, class L, class R> void addProduct(D &&d, const L &l, const R &r) {
    if constexpr (lazy) {
        d += l.lazyProduct(r);
    } else {
        d.noalias() += l * r;
    }
}

// softmax turns each column of rows values into probabilities.
template <int rows> void softmaxColumns(float *y, long n) {
    Map<Matrix<rows, Dynamic>> m(y, rows, n);
    for (Index i = 0; i < n; i++) { m.col(i).array() -= m.col(i).maxCoeff(); }
    Array(y, rows * n) = Array(y, rows * n).exp();
    for (Index i = 0; i < n; i++) { m.col(i) *= 1 / m.col(i).sum(); }
}

void activate(float *y, long rows, long n, Activation a) {
    Array v(y, rows * n);
    switch (a) {
    case Activation::relu: v = v.max(0.f); break;
    case Activation::tanh: v = v.tanh(); break;
    case Activation::sigmoid: v = v.logistic(); break;
    case Activation::softmax: rows == 10 ? softmaxColumns<10>(y, n) : softmaxColumns<4>(y, n);
    }
}

// forward computes y = f(W·x + b) for n columns; columns is n if the compiler knows it.
template <bool lazy, class D, int columns> void forward(const OwnLayer &l, const float *weights, const float *x, float *y,
                                                         long n) {
    Map<const Matrix<D::out, D::in>> w(weights + l.kernel, l.out, l.in);
    Map<const Matrix<D::out, 1>> b(weights + l.bias, l.out);
    Map<Matrix<D::out, columns>> Y(y, l.out, n);
    Y.colwise() = b;
    if constexpr (D::apart == D::in) {
        addProduct<lazy>(Y, w, Map<const Matrix<D::in, columns>>(x, l.in, n));
    } else {
        addProduct<lazy>(Y, w, Map<const Matrix<D::apart, columns>>(x, l.apart, n).template topRows<D::in>());
    }
    if constexpr (columns != Dynamic && D::out != Dynamic && D::out * columns <= 64) { // without a loop
        auto v = Y.array();
        switch (l.activation) {
        case Activation::relu: v = v.max(0.f); return;
        case Activation::tanh: v = v.tanh(); return;
        case Activation::sigmoid: v = v.logistic(); return;
        default: break;
        }
    }
    activate(y, l.out, n, l.activation);
}

// Plan is a net's own weights: W column after column, padded, and the biases.
struct Plan {
    std::vector<OwnLayer> layers;
    std::vector<float, Eigen::aligned_allocator<float>> weights;
    long widest = 0;
};

template <class... Ds> Plan planOf(const Network &net) {
    Plan p;
    std::array<long, sizeof...(Ds)> outs{Ds::out...}, aparts{Ds::apart...};
    for (size_t i = 0; i < net.layers.size(); i++) {
        const Layer &l = net.layers[i];
        OwnLayer own{l.in, aparts[i] == Dynamic ? l.in : aparts[i], outs[i] == Dynamic ? l.out : outs[i], l.out,
                     l.activation, static_cast<long>(p.weights.size()), 0};
        for (long in = 0; in < l.in; in++) {
            for (long out = 0; out < own.out; out++) { p.weights.push_back(out < l.out ? l.kernel[in * l.out + out] : 0); }
        }
        own.bias = static_cast<long>(p.weights.size());
        for (long out = 0; out < own.out; out++) { p.weights.push_back(out < l.out ? l.bias[out] : 0); }
        p.layers.push_back(own);
        p.widest = std::max(p.widest, own.out);
    }
    return p;
}

// Blocks predicts so many columns at a time, the blocks on several threads if parallel.
template <bool lazy, int columns, class... Ds> class Blocks : public Predictor {
public:
    Blocks(const Network &net, long rows, long block, bool parallel, std::string name)
        : plan(planOf<Ds...>(net)), rows(rows), block(block), parallel(parallel), inputs(net.inputs()), outputs(net.outputs()),
          scratch(static_cast<size_t>(2 * threadCount()) * (static_cast<size_t>(plan.widest * block) + 16)) {
        called = join(join(name, block == rows ? "" : std::to_string(block) + " rows at a time"), parallel ? "OpenMP" : "");
    }

    void predict(float *y, const float *x) override {
        if constexpr (columns != Dynamic) {
            if (rows == columns) { return all<columns>(y, x, rows, 0, std::index_sequence_for<Ds...>{}); }
        }
        if (parallel) {
#pragma omp parallel for schedule(static)
            for (long first = 0; first < rows; first += block) { some(y, x, first, omp_get_thread_num()); }
            return;
        }
        for (long first = 0; first < rows; first += block) { some(y, x, first, 0); }
    }

private:
    void some(float *y, const float *x, long first, int thread) {
        long n = std::min(block, rows - first);
        x += first * inputs, y += first * outputs;
        if (n == columns) { return all<columns>(y, x, n, thread, std::index_sequence_for<Ds...>{}); }
        all<Dynamic>(y, x, n, thread, std::index_sequence_for<Ds...>{});
    }

    template <int c, size_t... i> void all(float *y, const float *x, long n, int thread, std::index_sequence<i...>) {
        float *buffer[2] = {scratch.data() + 2 * thread * (plan.widest * block + 16), nullptr};
        buffer[1] = buffer[0] + plan.widest * block;
        (forward<lazy, Ds, c>(plan.layers[i], plan.weights.data(), i == 0 ? x : buffer[(i + 1) % 2],
                              i + 1 == sizeof...(Ds) ? y : buffer[i % 2], n),
         ...);
    }

    Plan plan;
    long rows, block;
    bool parallel;
    long inputs, outputs;
    std::vector<float, Eigen::aligned_allocator<float>> scratch;
};

// Steps trains. Gradients lie as the weights do, so that Adam is one expression over all of them, in pieces that fit the
// first cache.
template <bool lazy, class... Ds> class Steps : public Trainer {
public:
    Steps(const Network &net, long rows, float rate, std::string name)
        : plan(planOf<Ds...>(net)), size(static_cast<Index>(plan.weights.size())), rate(rate), gradients(size), m(size), v(size),
          losses(rows), below(plan.widest * rows), above(plan.widest * rows) {
        m.setZero(), v.setZero();
        for (const OwnLayer &l : plan.layers) { values.emplace_back(l.out * rows); }
        called = name;
    }

    float step(const float *x, const float *y, long rows) override {
        run(x, rows, std::index_sequence_for<Ds...>{});
        float loss = lossOf(y, rows);
        back(x, rows, std::index_sequence_for<Ds...>{});
        adam();
        return loss;
    }

    std::vector<float> weights() const override {
        std::vector<float> all;
        for (const OwnLayer &l : plan.layers) {
            for (long in = 0; in < l.in; in++) {
                auto from = plan.weights.begin() + l.kernel + in * l.out;
                all.insert(all.end(), from, from + l.fileOut);
            }
            auto from = plan.weights.begin() + l.bias;
            all.insert(all.end(), from, from + l.fileOut);
        }
        return all;
    }

private:
    template <size_t... i> void run(const float *x, long n, std::index_sequence<i...>) {
        (forward<lazy, Ds, Dynamic>(plan.layers[i], plan.weights.data(), i == 0 ? x : values[i - (i > 0)].data(),
                                    values[i].data(), n),
         ...);
    }

    // lossOf puts the gradient of the last layer's sums into above and returns the mean loss.
    float lossOf(const float *y, long n) {
        const OwnLayer &last = plan.layers.back();
        const float *p = values.back().data();
        Array delta(above.data(), last.out * n), l(losses.data(), n);
        if (last.activation == Activation::sigmoid) {
            Eigen::Map<const Eigen::ArrayXf> target(y, n), probability(p, n);
            delta = (probability - target) * (1.f / float(n));
            l = (1.f - target - probability).abs();
        } else {
            delta = Eigen::Map<const Eigen::ArrayXf>(p, last.out * n) * (1.f / float(n));
            for (long i = 0; i < n; i++) {
                long at = i * last.out + static_cast<long>(y[i]);
                l[i] = p[at];
                delta[at] -= 1.f / float(n);
            }
        }
        return -l.max(1e-7f).log().mean();
    }

    template <size_t... i> void back(const float *x, long n, std::index_sequence<i...>) {
        constexpr size_t last = sizeof...(Ds) - 1;
        (backward<last - i>(x, n), ...);
    }

    // backward computes layer i's gradients from those of its sums, in above, and leaves the layer below's there.
    template <size_t i> void backward(const float *x, long n) {
        using D = std::tuple_element_t<i, std::tuple<Ds...>>;
        const OwnLayer &l = plan.layers[i];
        Map<const Matrix<D::out, Dynamic>> delta(above.data(), l.out, n);
        Map<Matrix<D::out, D::in>> kernel(gradients.data() + l.kernel, l.out, l.in);
        Map<const Matrix<D::apart, Dynamic>> input(i == 0 ? x : values[i - (i > 0)].data(), l.apart, n);
        if constexpr (lazy && D::in != Dynamic) {
            kernel = delta.lazyProduct(input.template topRows<D::in>().transpose());
        } else {
            kernel.noalias() = delta * input.topRows(l.in).transpose();
        }
        Map<Matrix<D::out, 1>>(gradients.data() + l.bias, l.out) = delta.rowwise().sum();
        if constexpr (i > 0) {
            Map<const Matrix<D::out, D::in>> w(plan.weights.data() + l.kernel, l.out, l.in);
            Map<Matrix<D::apart, Dynamic>> b(below.data(), l.apart, n);
            if constexpr (lazy && D::in != Dynamic) {
                b.template topRows<D::in>() = w.transpose().lazyProduct(delta);
            } else {
                b.topRows(l.in).noalias() = w.transpose() * delta;
            }
            if (plan.layers[i - 1].activation == Activation::tanh) {
                b.array() *= 1.f - input.array().square();
            } else {
                b.array() = (input.array() > 0.f).select(b.array(), 0.f);
            }
            below.swap(above);
        }
    }

    void adam() {
        const float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-7f;
        power1 *= 0.9, power2 *= 0.999;
        const float alpha = static_cast<float>(rate * std::sqrt(1 - power2) / (1 - power1));
        const Index piece = 1024;
#pragma omp parallel for schedule(static) if (threadCount() > 1 && size > 1 << 14)
        for (Index first = 0; first < size; first += piece) {
            Index n = std::min(piece, size - first);
            Array w(plan.weights.data() + first, n), g(gradients.data() + first, n), M(m.data() + first, n), V(v.data() + first, n);
            M += (1 - beta1) * (g - M);
            V += (1 - beta2) * (g.square() - V);
            w -= alpha * M / (V.sqrt() + epsilon);
        }
    }

    Plan plan;
    Index size;
    float rate;
    Eigen::ArrayXf gradients, m, v, losses;
    std::vector<Eigen::ArrayXf> values;
    Eigen::ArrayXf below, above;
    double power1 = 1, power2 = 1;
};

using Unknown = Dims<Dynamic, Dynamic, Dynamic>;

// withDims calls make.template operator()<Dims of each layer…>(what that is called) for each way of knowing a net's sizes.
template <class Make> void withDims(const std::string &net, Make make) {
#ifdef FIXED_SIZES
    if (net == "A") {
        make.template operator()<Dims<8, 8, 10>, Dims<10, 10, 8>, Dims<8, 8, 1>>("fixed sizes");
        make.template operator()<Dims<8, 8, 16>, Dims<10, 16, 8>, Dims<8, 8, 1>>("padded sizes");
    } else if (net == "D") {
        make.template operator()<Dims<16, 16, 64>, Dims<64, 64, 64>, Dims<64, 64, 64>, Dims<64, 64, 4>>("fixed sizes");
    } else {
        throw Unable("too large to gain by fixed sizes");
    }
#else
    if (net == "B") {
        make.template operator()<Unknown, Unknown>("products of any size");
    } else if (net == "D") {
        make.template operator()<Unknown, Unknown, Unknown, Unknown>("products of any size");
    } else {
        make.template operator()<Unknown, Unknown, Unknown>("products of any size");
    }
#endif
}

// fastest returns what takes the least time of the candidates.
template <class T, class Call> std::unique_ptr<T> fastest(std::vector<std::unique_ptr<T>> candidates, Call call) {
    if (hurry) { return std::move(candidates.front()); }
    std::vector<double> seconds(candidates.size(), 1e9);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < candidates.size(); i++) {
            if (round > 0 && seconds[i] > 2 * *std::min_element(seconds.begin(), seconds.end())) { continue; }
            seconds[i] = std::min(seconds[i], secondsOf([&] { call(*candidates[i]); }, 1e-3));
        }
    }
    return std::move(candidates[static_cast<size_t>(std::min_element(seconds.begin(), seconds.end()) - seconds.begin())]);
}

struct AddPredictors {
    const Network &net;
    long rows;
    std::vector<std::unique_ptr<Predictor>> &list;

    template <bool lazy, int columns, class... Ds> void add(const std::string &name, long block) {
        if (block > rows || (columns != Dynamic && rows < columns)) { return; }
        for (bool parallel : {false, true}) {
            if (parallel && (threadCount() == 1 || rows < 2 * block)) { continue; }
            list.push_back(std::make_unique<Blocks<lazy, columns, Ds...>>(net, rows, block, parallel, name));
        }
    }

    template <class First, class... Ds> void operator()(const std::string &name) {
        if constexpr (First::in == Dynamic) {
            for (long block : {1L, 8L, 16L, 32L, 64L, 128L, 256L, 512L}) {
                if (block < rows) { add<false, Dynamic, First, Ds...>(name, block); }
            }
            add<false, Dynamic, First, Ds...>(name, rows);
        } else {
            // What was never the fastest is left out: it takes minutes to compile.
            add<true, 1, First, Ds...>(join(name, "lazy products"), 1);
            if constexpr (First::in < 16) {
                add<true, 16, First, Ds...>(join(name, "lazy products"), 16);
            } else {
                add<false, 1, First, Ds...>(name, 1);
                add<false, 32, First, Ds...>(name, 32);
            }
        }
    }
};

std::unique_ptr<Predictor> makePredictor(const Network &net, long rows) {
    std::vector<std::unique_ptr<Predictor>> list;
    withDims(net.name, AddPredictors{net, rows, list});
    std::vector<float> x(static_cast<size_t>(rows * net.inputs())), y(static_cast<size_t>(rows * net.outputs()));
    for (size_t i = 0; i < x.size(); i++) { x[i] = float(i * 37 % 101) / 50 - 1; }
    return fastest(std::move(list), [&](Predictor &p) { p.predict(y.data(), x.data()); });
}

struct AddTrainers {
    const Network &net;
    long rows;
    float rate;
    std::vector<std::unique_ptr<Trainer>> &list;

    template <class First, class... Ds> void operator()(const std::string &name) {
        constexpr bool lazy = First::in != Dynamic && First::in < 16;
        list.push_back(std::make_unique<Steps<lazy, First, Ds...>>(net, rows, rate, join(name, lazy ? "lazy products" : "")));
    }
};

// makeTrainer measures the ways once for each net and batch: a fit makes many trainers.
std::unique_ptr<Trainer> makeTrainer(const Network &net, long rows, long, float rate) {
    static std::vector<std::tuple<std::string, long, std::string>> known;
    auto candidates = [&](float rate) {
        std::vector<std::unique_ptr<Trainer>> list;
        withDims(net.name, AddTrainers{net, rows, rate, list});
        return list;
    };
    auto same = [&](const auto &k) { return std::get<0>(k) == net.name && std::get<1>(k) == rows; };
    auto found = std::find_if(known.begin(), known.end(), same);
    if (found == known.end()) {
        std::vector<float> x(static_cast<size_t>(rows * net.inputs())), y(static_cast<size_t>(rows));
        for (size_t i = 0; i < x.size(); i++) { x[i] = float(i * 37 % 101) / 50 - 1; }
        auto best = fastest(candidates(1e-9f), [&](Trainer &t) { t.step(x.data(), y.data(), rows); });
        known.emplace_back(net.name, rows, best->called);
        found = known.end() - 1;
    }
    for (auto &t : candidates(rate)) {
        if (t->called == std::get<2>(*found)) { return std::move(t); }
    }
    throw Unable("no trainer");
}

} // namespace

extern const NetPeer netPeer = {describe, makePredictor, makeTrainer};
