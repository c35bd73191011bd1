// What the adapter of one library gives the runner (runner.cpp), which is linked with exactly one adapter.
#pragma once

#include <string>

// Problem is one thing to measure. A product (op nn, tn or nt) fills c, of m rows and n columns, with A·B, Aᵀ·B or
// A·Bᵀ, where k is what is summed over; all matrices lie row after row without gaps. A function (exp, sigmoid, tanh)
// fills c with the function of the n values of a. The arrays are aligned to 64 bytes and stay where they are until
// the next prepare; a and b do not change.
struct Problem {
    std::string op;
    long m, n, k;
    bool prepared; // b may be brought into a form of the library's own, untimed
    float *a, *b, *c;

    bool product() const { return op == "nn" || op == "tn" || op == "nt"; }
    bool function() const { return op == "exp" || op == "sigmoid" || op == "tanh"; }
    bool transA() const { return op == "tn"; }
    bool transB() const { return op == "nt"; }
    long lda() const { return transA() ? m : k; }
    long ldb() const { return transB() ? k : n; }
};

struct Answer {
    std::string refused; // why the library does not do this problem; empty if it does
    std::string kernel;  // what the library says it picked, if it says so
};

struct Peer {
    std::string (*describe)();            // the library's version and what it picked for this processor
    Answer (*prepare)(const Problem &p);  // gets everything ready that a program would get ready once
    void (*call)();                       // does what the last prepare was given
};

extern const Peer peer;

// threadCount is how many threads the library is to use.
int threadCount();
