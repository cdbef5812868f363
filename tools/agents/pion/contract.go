// The driver contract of docs/agents.md, apart from the ICE agent itself.
package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

type arguments struct {
	name, peer, role, sig           string
	stun, turn, turnUser, turnPass  string
	policy, opt                     string
	timeout, settle, echo, length   int
}

func parseArguments() arguments {
	var a arguments
	for key, value := range map[string]*string{
		"name": &a.name, "peer": &a.peer, "role": &a.role, "sig": &a.sig, "stun": &a.stun, "turn": &a.turn,
		"turn-user": &a.turnUser, "turn-pass": &a.turnPass, "policy": &a.policy, "opt": &a.opt,
	} {
		flag.StringVar(value, key, "", "")
	}
	flag.IntVar(&a.timeout, "timeout", 15, "seconds")
	flag.IntVar(&a.settle, "settle", 1000, "milliseconds")
	flag.IntVar(&a.echo, "echo", 10, "pings that count")
	flag.IntVar(&a.length, "len", 400, "bytes")
	flag.Parse()
	return a
}

// signalling holds the files of the contract. Every change of the directory wakes who waits in `until`.
type signalling struct {
	directory, name, peer string
	mutex                 sync.Mutex
	read                  int64
	watch                 int
}

func newSignalling(a arguments) (*signalling, error) {
	watch, err := syscall.InotifyInit1(syscall.IN_CLOEXEC)
	if err != nil {
		return nil, err
	}
	_, err = syscall.InotifyAddWatch(watch, a.sig, syscall.IN_CREATE|syscall.IN_MODIFY|syscall.IN_MOVED_TO)
	return &signalling{directory: a.sig, name: a.name, peer: a.peer, watch: watch}, err
}

func (s *signalling) path(file string) string { return filepath.Join(s.directory, file) }

func (s *signalling) mark(kind string) error { return os.WriteFile(s.path(s.name+"."+kind), nil, 0o600) }

func (s *signalling) marked(name, kind string) bool {
	_, err := os.Stat(s.path(name + "." + kind))
	return err == nil
}

// until calls `done` now and after every change of the directory, until it is true.
func (s *signalling) until(done func() bool) {
	events := make([]byte, 4096)
	for !done() {
		if _, err := syscall.Read(s.watch, events); err != nil && err != syscall.EINTR {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (s *signalling) say(line string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	out, err := os.OpenFile(s.path(s.name+".out"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer out.Close()
	_, _ = out.WriteString(line + "\n")
}

// heard gives the peer's lines that are new and whole.
func (s *signalling) heard() []string {
	text, err := os.ReadFile(s.path(s.name + ".in"))
	if err != nil || int64(len(text)) <= s.read {
		return nil
	}
	text = text[s.read:]
	end := bytes.LastIndexByte(text, '\n')
	if end < 0 {
		return nil
	}
	s.read += int64(end) + 1
	return strings.Split(string(text[:end]), "\n")
}
