package main

// netPeers are the libraries that whole networks are measured with.
var netPeers = []peer{
	{name: "nnrt", command: []string{"goworker", "nnrt"}, once: "once-nnrt"},
	{name: onOne, command: []string{"goworker", "nnrt"}},
	{name: "Eigen", command: []string{"eigen-nets"}, compiled: true},
	{name: "Eigen fixed", command: []string{"eigen-fixed-nets"}, compiled: true},
}

// compiledIn are the peers whose nets' sizes are known to the compiler: they are part of the program, and another net is
// another program.
var compiledIn = []string{"Eigen fixed", "xsimd fixed"}
