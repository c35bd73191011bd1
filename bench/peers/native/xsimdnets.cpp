// Networks whose layers and sizes are types, in the style of RTNeural's ModelT on xsimd, for one row at a time: weights
// padded to whole vectors, sums in registers, functions by xsimd. (RTNeural itself comes from no package registry.) It does
// not train.
#include "net.h"

#include <algorithm>
#include <tuple>
#include <xsimd/xsimd.hpp>

namespace {

using Vector = xsimd::batch<float>;
constexpr int lanes = static_cast<int>(Vector::size);
constexpr int padded(int n) { return (n + lanes - 1) / lanes * lanes; }

std::string describe() {
    return "xsimd " + std::to_string(XSIMD_VERSION_MAJOR) + "." + std::to_string(XSIMD_VERSION_MINOR) + "." +
           std::to_string(XSIMD_VERSION_PATCH) + ", g++ " __VERSION__ "; vectors of " + std::to_string(lanes);
}

// Dense has its outputs, and zeros up to whole vectors, in y.
template <int in, int out, Activation activation> struct Dense {
    static constexpr int outputs = out;
    alignas(64) float kernel[in][padded(out)] = {}, bias[padded(out)] = {}, y[padded(out)] = {};

    void load(const Layer &l) {
        for (int i = 0; i < in; i++) { std::copy(l.kernel + i * out, l.kernel + (i + 1) * out, kernel[i]); }
        std::copy(l.bias, l.bias + out, bias);
    }

    void forward(const float *x) {
        constexpr int vectors = padded(out) / lanes, tile = std::min(vectors, 8);
        static_assert(vectors % tile == 0);
        for (int first = 0; first < vectors; first += tile) {
            Vector sum[tile], other(0.f); // of a single vector the odd inputs have a sum of their own
            for (int v = 0; v < tile; v++) { sum[v] = Vector::load_aligned(bias + (first + v) * lanes); }
            int i = 0;
            if constexpr (vectors == 1) {
                for (; i + 1 < in; i += 2) {
                    sum[0] = xsimd::fma(Vector(x[i]), Vector::load_aligned(kernel[i]), sum[0]);
                    other = xsimd::fma(Vector(x[i + 1]), Vector::load_aligned(kernel[i + 1]), other);
                }
            }
            for (; i < in; i++) {
                for (int v = 0; v < tile; v++) {
                    sum[v] = xsimd::fma(Vector(x[i]), Vector::load_aligned(kernel[i] + (first + v) * lanes), sum[v]);
                }
            }
            sum[0] += other;
            for (int v = 0; v < tile; v++) { activate(sum[v]).store_aligned(y + (first + v) * lanes); }
        }
        if constexpr (activation == Activation::softmax) { softmax(); }
    }

    static Vector activate(Vector v) {
        switch (activation) {
        case Activation::relu: return xsimd::max(v, Vector(0.f));
        case Activation::tanh: return xsimd::tanh(v);
        case Activation::sigmoid: return 1.f / (1.f + xsimd::exp(-v));
        default: return v;
        }
    }

    void softmax() {
        static_assert(activation != Activation::softmax || out <= lanes);
        Vector v = xsimd::exp(Vector::load_aligned(y) - Vector(*std::max_element(y, y + out)));
        v.store_aligned(y);
        float sum = 0;
        for (int o = 0; o < out; o++) { sum += y[o]; }
        (v / Vector(sum)).store_aligned(y);
    }
};

template <class... Ls> class Model : public Predictor {
public:
    Model(const Network &net, long rows) : rows(rows), inputs(net.inputs()) {
        size_t i = 0;
        std::apply([&](auto &...l) { (l.load(net.layers[i++]), ...); }, layers);
        called = rows == 1 ? "layers as types" : "layers as types, row after row";
    }

    void predict(float *y, const float *x) override {
        constexpr int outputs = std::tuple_element_t<sizeof...(Ls) - 1, std::tuple<Ls...>>::outputs;
        for (long row = 0; row < rows; row++, x += inputs, y += outputs) {
            const float *from = x;
            std::apply([&](auto &...l) { ((l.forward(from), from = l.y), ...); }, layers);
            std::copy(from, from + outputs, y);
        }
    }

private:
    std::tuple<Ls...> layers;
    long rows, inputs;
};

std::unique_ptr<Predictor> makePredictor(const Network &net, long rows) {
    using A = Activation;
    if (net.name == "A") {
        return std::make_unique<Model<Dense<8, 10, A::relu>, Dense<10, 8, A::relu>, Dense<8, 1, A::sigmoid>>>(net, rows);
    } else if (net.name == "B") {
        return std::make_unique<Model<Dense<784, 128, A::relu>, Dense<128, 10, A::softmax>>>(net, rows);
    } else if (net.name == "C") {
        return std::make_unique<Model<Dense<784, 512, A::relu>, Dense<512, 512, A::relu>, Dense<512, 10, A::softmax>>>(net, rows);
    }
    return std::make_unique<
        Model<Dense<16, 64, A::tanh>, Dense<64, 64, A::tanh>, Dense<64, 64, A::tanh>, Dense<64, 4, A::softmax>>>(net, rows);
}

std::unique_ptr<Trainer> makeTrainer(const Network &, long, long, float) { throw Unable("does not train"); }

} // namespace

extern const NetPeer netPeer = {describe, makePredictor, makeTrainer};
