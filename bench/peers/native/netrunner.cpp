// A worker for whole networks: answers one request a line on standard input with one line on standard output, for the
// library whose adapter it is linked with.
//
//     net OP NET BATCH FOLDER    makes the net of FOLDER's files ready to predict a batch, to train on one (a step of
//                                Adam) or to fit (the tutorial for net A, an epoch of Fashion-MNIST for others), compares
//                                what comes out with the files, and answers "ok TAB what is called", "no TAB reason" or
//                                "wrong TAB reason"
//     run MILLISECONDS           measures for about that long; answers the nanoseconds of a call
//
// The first line, sent without a request, describes the library. As "WORKER once NET FOLDER" it loads the net,
// predicts one row and prints the outputs; "save" does the same, since it loads FOLDER's weights as they are and only
// finds out whether it can; as "WORKER ship" it prints what must be shipped to do so.
#include "net.h"
#include "timing.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <link.h>
#include <numeric>
#include <sstream>
#include <sys/stat.h>

int threadCount() {
    const char *s = std::getenv("PEER_THREADS");
    return s ? std::max(1, std::atoi(s)) : 1;
}

void view(Network &net) {
    const float *next = net.weights.data();
    for (Layer &l : net.layers) {
        l.kernel = next;
        l.bias = next + l.in * l.out;
        next = l.bias + l.out;
    }
}

namespace {

// Wrong is thrown when a library computes something else than it should.
struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::vector<float> readFloats(const std::string &path) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    if (!in) { throw Unable("cannot read " + path); }
    std::vector<float> values(static_cast<size_t>(in.tellg()) / sizeof(float));
    in.seekg(0);
    in.read(reinterpret_cast<char *>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
    return values;
}

Network readNetwork(const std::string &name, const std::string &folder) {
    using A = Activation;
    Network net;
    net.name = name;
    auto add = [&](long in, long out, A activation) { net.layers.push_back({in, out, activation, nullptr, nullptr}); };
    if (name == "A") {
        add(8, 10, A::relu), add(10, 8, A::relu), add(8, 1, A::sigmoid);
    } else if (name == "B") {
        add(784, 128, A::relu), add(128, 10, A::softmax);
    } else if (name == "C") {
        add(784, 512, A::relu), add(512, 512, A::relu), add(512, 10, A::softmax);
    } else if (name == "D") {
        add(16, 64, A::tanh), add(64, 64, A::tanh), add(64, 64, A::tanh), add(64, 4, A::softmax);
    } else {
        throw Unable("no net " + name);
    }
    net.weights = readFloats(folder + "/" + name + ".weights");
    view(net);
    return net;
}

} // namespace

bool hurry = false;

namespace {

// What the current request works on.
Network net;
std::vector<float> x, y, outputs;
std::unique_ptr<Predictor> predictor;
std::unique_ptr<Trainer> trainer;
std::function<void()> call;

std::string difference(const char *what, size_t i, float got, float want) {
    std::ostringstream s;
    s << what << " " << i << " is " << got << " and should be " << want;
    return s.str();
}

// preparePredict's call predicts a batch; of one row, each output becomes the next call's first input, so that no call
// begins before the last one has ended.
std::string preparePredict(long batch, const std::string &folder) {
    x = readFloats(folder + "/" + net.name + ".x");
    x.resize(static_cast<size_t>(batch * net.inputs()));
    outputs.assign(static_cast<size_t>(batch * net.outputs()), NAN);
    predictor = netPeer.predictor(net, batch);
    predictor->predict(outputs.data(), x.data());
    std::vector<float> want = readFloats(folder + "/" + net.name + ".outputs");
    for (size_t i = 0; i < outputs.size(); i++) {
        if (!(std::fabs(outputs[i] - want[i]) <= 1e-4f * std::max(1.f, std::fabs(want[i])))) {
            throw Wrong(difference("output", i, outputs[i], want[i]));
        }
    }
    if (batch == 1) {
        call = [p = predictor.get(), in = x.data(), out = outputs.data()] { in[0] = out[0], p->predict(out, in); };
    } else {
        call = [p = predictor.get(), in = x.data(), out = outputs.data()] { p->predict(out, in); };
    }
    return predictor->called;
}

// prepareTrain compares the weights after three steps: all but one in two hundred, whose gradients are next to nothing or
// depend on which side of ReLU's corner a sum rounds to, are to agree to 2e-4. Its call is one step on always the same
// batch, at a learning rate so small that the net stays as it is: one that knows its batch by heart has ever smaller
// gradients, subnormal ones at last.
std::string prepareTrain(long batch, const std::string &folder) {
    x = readFloats(folder + "/" + net.name + ".x");
    y = readFloats(folder + "/" + net.name + ".y");
    trainer = netPeer.trainer(net, batch, batch, 1e-3f);
    for (long i = 0; i < 3; i++) { trainer->step(x.data() + i * batch * net.inputs(), y.data() + i * batch, batch); }
    std::vector<float> got = trainer->weights();
    std::vector<float> want = readFloats(folder + "/" + net.name + ".trained-" + std::to_string(batch));
    size_t far = 0;
    for (size_t i = 0; i < want.size(); i++) {
        float off = std::fabs(got[i] - want[i]);
        far += off > 2e-4f;
        if (!(off <= 6e-3f) || far > want.size() / 200) {
            throw Wrong(difference("after three steps weight", i, got[i], want[i]));
        }
    }
    trainer = netPeer.trainer(net, batch, batch, 1e-9f);
    call = [batch] { trainer->step(x.data(), y.data(), batch); };
    return trainer->called;
}

// random returns whole numbers below limit, from a generator of 64 bits.
unsigned random(unsigned long long &state, size_t limit) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<unsigned>(((state >> 32) * limit) >> 32);
}

// fit trains a fresh net: each epoch the rows in an order of its own, gathered batch by batch.
void fit(long epochs, long batch) {
    static Network fresh;
    static std::vector<float> batchX, batchY;
    static std::vector<unsigned> order;
    fresh = net;
    view(fresh);
    unsigned long long state = 1;
    float *weight = fresh.weights.data();
    for (const Layer &l : fresh.layers) {
        float limit = std::sqrt(6.f / static_cast<float>(l.in + l.out));
        for (long i = 0; i < l.in * l.out; i++) {
            *weight++ = limit * (static_cast<float>(random(state, 1 << 24)) / 8388608.f - 1);
        }
        for (long i = 0; i < l.out; i++) { *weight++ = 0; }
    }
    long rows = static_cast<long>(y.size()), width = net.inputs();
    trainer = netPeer.trainer(fresh, batch, rows % batch ? rows % batch : batch, 1e-3f);
    order.resize(y.size());
    std::iota(order.begin(), order.end(), 0u);
    batchX.resize(static_cast<size_t>(batch * width));
    batchY.resize(static_cast<size_t>(batch));
    for (long epoch = 0; epoch < epochs; epoch++) {
        for (size_t i = order.size() - 1; i > 0; i--) { std::swap(order[i], order[random(state, i + 1)]); }
        for (long first = 0; first < rows; first += batch) {
            long n = std::min(batch, rows - first);
            for (long i = 0; i < n; i++) {
                unsigned row = order[static_cast<size_t>(first + i)];
                std::memcpy(batchX.data() + i * width, x.data() + row * width, static_cast<size_t>(width) * sizeof(float));
                batchY[static_cast<size_t>(i)] = y[row];
            }
            trainer->step(batchX.data(), batchY.data(), n);
        }
    }
}

// accuracy returns the share of some rows whose class a net with these weights tells.
double accuracy(std::vector<float> weights, long rows) {
    Network trained = net;
    trained.weights = std::move(weights);
    view(trained);
    long right = 0;
    for (long row = 0; row < rows; row++) {
        std::vector<float> values(x.begin() + row * net.inputs(), x.begin() + (row + 1) * net.inputs());
        for (const Layer &l : trained.layers) {
            std::vector<float> next(l.bias, l.bias + l.out);
            for (long i = 0; i < l.in; i++) {
                for (long o = 0; o < l.out; o++) { next[o] += values[i] * l.kernel[i * l.out + o]; }
            }
            for (float &v : next) {
                v = l.activation == Activation::relu ? std::max(v, 0.f) : l.activation == Activation::tanh ? std::tanh(v) : v;
            }
            values = next;
        }
        long largest = std::max_element(values.begin(), values.end()) - values.begin();
        right += y[row] == static_cast<float>(values.size() == 1 ? values[0] > 0 : largest);
    }
    return double(right) / double(rows);
}

// prepareFit's call is the tutorial's whole fit for net A, and an epoch of Fashion-MNIST for the others.
std::string prepareFit(long batch, const std::string &folder) {
    bool tutorial = net.name == "A";
    long epochs = tutorial ? 10 : 1;
    std::string data = folder + (tutorial ? "/tutorial" : "/fashion");
    x = readFloats(data + ".x");
    y = readFloats(data + ".y");
    trainer = netPeer.trainer(net, batch, batch, 1e-3f);
    double begin = now();
    trainer->step(x.data(), y.data(), batch);
    double all = (now() - begin) * double(epochs) * double(y.size()) / double(batch);
    if (all > 30) { throw Unable("about " + std::to_string(std::lround(all)) + " s"); }
    fit(epochs, batch);
    double right = accuracy(trainer->weights(), 1000);
    if (!(right >= (tutorial ? 0.8 : 0.75))) { throw Wrong("accuracy " + std::to_string(right) + " after a fit"); }
    call = [epochs, batch] { fit(epochs, batch); };
    return "a loop of steps by hand";
}

std::string prepare(std::istream &in) {
    std::string op, name, folder;
    long batch = 0;
    in >> op >> name >> batch >> folder;
    call = nullptr;
    try {
        net = readNetwork(name, folder);
        std::string called = op == "predict" ? preparePredict(batch, folder)
                             : op == "train" ? prepareTrain(batch, folder)
                             : op == "fit"   ? prepareFit(batch, folder)
                                             : throw Unable("no such operation");
        return "ok\t" + called;
    } catch (const Wrong &e) {
        return std::string("wrong\t") + e.what();
    } catch (const std::exception &e) {
        return std::string("no\t") + e.what();
    }
}

int once(const std::string &name, const std::string &folder) {
    hurry = true;
    net = readNetwork(name, folder);
    x = readFloats(folder + "/" + name + ".x");
    outputs.resize(static_cast<size_t>(net.outputs()));
    predictor = netPeer.predictor(net, 1);
    predictor->predict(outputs.data(), x.data());
    for (float v : outputs) { std::printf("%.6f ", v); }
    std::printf("\n");
    return 0;
}

// ship prints the sizes of this program and of the shared libraries it loads, without those of the C library.
int ship() {
    struct Sum {
        long bytes = 0;
        std::string names = "the program";
    } sum;
    auto size = [](const char *path) {
        struct stat s;
        return stat(path, &s) == 0 ? static_cast<long>(s.st_size) : 0L;
    };
    sum.bytes = size("/proc/self/exe");
    dl_iterate_phdr(
        [](dl_phdr_info *info, size_t, void *data) {
            Sum &total = *static_cast<Sum *>(data);
            std::string path = info->dlpi_name, file = path.substr(path.rfind('/') + 1);
            for (const char *own : {"libc.", "libm.", "ld-linux", "libpthread.", "libdl.", "librt."}) {
                if (file.rfind(own, 0) == 0) { return 0; }
            }
            struct stat s;
            if (!file.empty() && stat(path.c_str(), &s) == 0) {
                total.bytes += static_cast<long>(s.st_size);
                total.names += ", " + file;
            }
            return 0;
        },
        &sum);
    std::printf("%ld\t%s\n", sum.bytes, sum.names.c_str());
    return 0;
}

} // namespace

int main(int count, char **words) {
    std::vector<std::string> args(words + 1, words + count);
    if (args == std::vector<std::string>{"ship"}) { return ship(); }
    try {
        if (args.size() == 3 && (args[0] == "once" || args[0] == "save")) { return once(args[1], args[2]); }
    } catch (const std::exception &e) {
        std::cerr << e.what() << "\n";
        return 1;
    }
    std::cout << netPeer.describe() << std::endl;
    for (std::string line, word; std::getline(std::cin, line);) {
        std::istringstream in(line);
        in >> word;
        if (word == "net") {
            std::cout << prepare(in) << std::endl;
        } else if (word == "run" && call) {
            double milliseconds = 0;
            in >> milliseconds;
            std::cout << std::fixed << secondsOf(call, milliseconds / 1e3) * 1e9 << std::endl;
        } else {
            std::cout << "no\tnot now: " << line << std::endl;
        }
    }
}
