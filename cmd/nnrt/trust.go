package main

import (
	"crypto/ed25519"

	"nnrt/serialize"
	"nnrt/serialize/signature"
)

// trustFlags are the flags that say which models are trusted, the same for every command.
type trustFlags struct {
	key        *string
	minVersion *uint64
}

func (f *flagSet) trust() trustFlags {
	return trustFlags{
		key: f.file("key", "FILE", "", "refuse a model that is not signed with the key to which this public one (PEM) belongs"),
		minVersion: f.whole("min-version", "N", 0, 1,
			"with --key: refuse a model that was signed as an older version"),
	}
}

// policy returns what the flags ask for, or nil if they ask for nothing.
func (t trustFlags) policy() (*signature.Policy, error) {
	if *t.key == "" {
		if *t.minVersion > 0 {
			return nil, usagef("--min-version goes with --key, since anybody can sign as any version with a key of their own")
		}
		return nil, nil
	}
	key, err := readKey(*t.key, signature.ParsePublicKey)
	if err != nil {
		return nil, err
	}
	return &signature.Policy{Keys: []ed25519.PublicKey{key}, MinVersion: *t.minVersion}, nil
}

// readModel reads a model file that the flags let pass. Of another nothing is believed, not even its layers.
func (t trustFlags) readModel(path string) (*serialize.File, error) {
	policy, err := t.policy()
	switch {
	case err != nil:
		return nil, err
	case policy == nil:
		return readModel(path)
	}
	return readModelAs(path, serialize.Loader{Trust: policy.Check})
}
