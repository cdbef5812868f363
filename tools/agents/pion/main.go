// Driver for pion/ice under the contract of docs/agents.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v2"
)

type end struct {
	Type string `json:"type"`
	Addr string `json:"addr"`
	Port int    `json:"port"`
}

type pair struct {
	Local  end `json:"local"`
	Remote end `json:"remote"`
}

type echo struct {
	Sent  int     `json:"sent"`
	OK    int     `json:"ok"`
	Bytes int     `json:"bytes"`
	RTT   float64 `json:"rtt_ms"`
}

type report struct {
	Agent     string         `json:"agent"`
	Name      string         `json:"name"`
	Role      string         `json:"role"`
	Outcome   string         `json:"outcome"`
	Gather    float64        `json:"ms_gather"`
	Connected float64        `json:"ms_connected"`
	Data      float64        `json:"ms_data"`
	Failed    float64        `json:"ms_failed"`
	First     *pair          `json:"first,omitempty"`
	Pair      *pair          `json:"pair,omitempty"`
	Echo      echo           `json:"echo"`
	Cands     map[string]int `json:"cands"`
	Error     string         `json:"error"`
}

func urls(a arguments) ([]*ice.URL, error) {
	var out []*ice.URL
	for _, text := range []string{a.stun, a.turn} {
		if text == "" {
			continue
		}
		url, err := ice.ParseURL(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		if url.Scheme == ice.SchemeTypeTURN {
			url.Username, url.Password = a.turnUser, a.turnPass
		}
		out = append(out, url)
	}
	return out, nil
}

func newAgent(a arguments) (*ice.Agent, error) {
	servers, err := urls(a)
	if err != nil {
		return nil, err
	}
	config := &ice.AgentConfig{
		Urls:             servers,
		NetworkTypes:     []ice.NetworkType{ice.NetworkTypeUDP4},
		MulticastDNSMode: ice.MulticastDNSModeDisabled,
	}
	if a.policy == "relay" {
		config.CandidateTypes = []ice.CandidateType{ice.CandidateTypeRelay}
	}
	return ice.NewAgent(config)
}

func endOf(c ice.Candidate) end { return end{c.Type().String(), c.Address(), c.Port()} }

type driver struct {
	arguments
	files  *signalling
	agent  *ice.Agent
	start  time.Time
	mutex  sync.Mutex
	report report
}

func (d *driver) since(at time.Time) float64 { return milliseconds(at.Sub(d.start)) }

// gather tells credentials and candidates as they are found.
func (d *driver) gather() error {
	if err := d.agent.OnCandidate(d.tell); err != nil {
		return err
	}
	if err := d.agent.OnSelectedCandidatePairChange(d.selected); err != nil {
		return err
	}
	ufrag, pwd, err := d.agent.GetLocalUserCredentials()
	if err != nil {
		return err
	}
	d.files.say("ice-ufrag:" + ufrag)
	d.files.say("ice-pwd:" + pwd)
	return d.agent.GatherCandidates()
}

func (d *driver) tell(c ice.Candidate) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if c == nil {
		d.report.Gather = d.since(time.Now())
		d.files.say("end-of-candidates")
		return
	}
	d.report.Cands[c.Type().String()]++
	d.files.say("candidate:" + c.Marshal())
}

func (d *driver) selected(local, remote ice.Candidate) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.report.Pair = &pair{endOf(local), endOf(remote)}
	if d.report.First == nil {
		d.report.First = d.report.Pair
		d.report.Connected = d.since(time.Now())
	}
}

// hear takes the peer's lines for as long as the program runs; credentials go to `ufrag` and `pwd`.
func (d *driver) hear(ufrag, pwd chan<- string) {
	d.files.until(func() bool {
		for _, line := range d.files.heard() {
			value := line[strings.Index(line, ":")+1:]
			switch {
			case strings.HasPrefix(line, "ice-ufrag:"):
				ufrag <- value
			case strings.HasPrefix(line, "ice-pwd:"):
				pwd <- value
			case strings.HasPrefix(line, "candidate:"):
				if c, err := ice.UnmarshalCandidate(value); err == nil {
					_ = d.agent.AddRemoteCandidate(c)
				}
			}
		}
		return false
	})
}

func (d *driver) connect(ctx context.Context) (*ice.Conn, error) {
	ufrag, pwd := make(chan string, 1), make(chan string, 1)
	if err := d.gather(); err != nil {
		return nil, err
	}
	go d.hear(ufrag, pwd)
	var credentials [2]string
	for i, source := range []chan string{ufrag, pwd} {
		select {
		case credentials[i] = <-source:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if d.role == "controlling" {
		return d.agent.Dial(ctx, credentials[0], credentials[1])
	}
	return d.agent.Accept(ctx, credentials[0], credentials[1])
}

func (d *driver) trial() error {
	deadline := d.start.Add(time.Duration(d.timeout) * time.Second)
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	conn, err := d.connect(ctx)
	if err != nil {
		return err
	}
	connected := time.Now()
	test := newEchoes(conn, d.arguments)
	go test.answer()
	at, ok := test.first(deadline)
	if !ok {
		return errors.New("no answer to the echoes")
	}
	time.Sleep(time.Until(connected.Add(time.Duration(d.settle) * time.Millisecond)))
	test.counted(d.echo)
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.report.Data = d.since(at)
	d.report.Echo = echo{test.sent, len(test.trips), d.length, 0}
	if len(test.trips) == 0 {
		return errors.New("no answer to the echoes")
	}
	d.report.Echo.RTT = test.median()
	d.report.Outcome = "direct"
	if d.report.Pair.Local.Type == "relay" || d.report.Pair.Remote.Type == "relay" {
		d.report.Outcome = "relayed"
	}
	return nil
}

func (d *driver) run() error {
	if err := d.files.mark("ready"); err != nil {
		return err
	}
	d.files.until(func() bool { return d.files.marked(d.name, "go") })
	d.start = time.Now()
	if err := d.trial(); err != nil {
		d.report.Error = err.Error()
		d.report.Failed = d.since(time.Now())
	}
	d.mutex.Lock()
	line, err := json.Marshal(d.report)
	d.mutex.Unlock()
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	if err := d.files.mark("done"); err != nil {
		return err
	}
	for until := time.Now().Add(3 * time.Second); !d.files.marked(d.peer, "done") && time.Now().Before(until); {
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

func main() {
	a := parseArguments()
	d := &driver{arguments: a}
	d.report = report{Agent: "pion", Name: a.name, Role: a.role, Outcome: "failed", Gather: -1, Connected: -1, Data: -1,
		Failed: -1, Cands: map[string]int{"host": 0, "srflx": 0, "relay": 0}}
	var err error
	if d.files, err = newSignalling(a); err == nil {
		if d.agent, err = newAgent(a); err == nil {
			err = d.run()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pion driver:", err)
		os.Exit(1)
	}
}
