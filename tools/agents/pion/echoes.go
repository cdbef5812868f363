package main

import (
	"encoding/binary"
	"net"
	"sort"
	"sync/atomic"
	"time"
)

const (
	firstCounted  = 2048
	firstInterval = 20 * time.Millisecond
	wait          = 300 * time.Millisecond
)

// echoes is the echo test of the contract over a connected pair.
type echoes struct {
	conn       net.Conn
	name       byte
	length     int
	replies    chan uint32
	firstReply chan time.Time
	answered   int32
	sent       int
	trips      []time.Duration
}

func newEchoes(conn net.Conn, a arguments) *echoes {
	return &echoes{conn: conn, name: a.name[0], length: a.length, replies: make(chan uint32, 1024),
		firstReply: make(chan time.Time, 1)}
}

// answer takes what comes until the connection ends.
func (e *echoes) answer() {
	buffer := make([]byte, 2048)
	for {
		n, err := e.conn.Read(buffer)
		if err != nil {
			return
		}
		if n < 8 || buffer[0] != 0x80 {
			continue
		}
		switch {
		case buffer[1] == 'P':
			buffer[1] = 'R'
			_, _ = e.conn.Write(buffer[:n])
		case buffer[1] == 'R' && buffer[2] == e.name:
			if atomic.CompareAndSwapInt32(&e.answered, 0, 1) {
				e.firstReply <- time.Now()
			}
			select {
			case e.replies <- binary.LittleEndian.Uint32(buffer[4:]):
			default:
			}
		}
	}
}

func (e *echoes) ping(sequence uint32) {
	datagram := make([]byte, e.length)
	copy(datagram, []byte{0x80, 'P', e.name, 0})
	binary.LittleEndian.PutUint32(datagram[4:], sequence)
	_, _ = e.conn.Write(datagram)
}

// first pings until somebody answers; when that was.
func (e *echoes) first(deadline time.Time) (time.Time, bool) {
	for sequence := uint32(0); time.Now().Before(deadline); sequence++ {
		e.ping(sequence)
		select {
		case at := <-e.firstReply:
			return at, true
		case <-time.After(firstInterval):
		}
	}
	return time.Time{}, false
}

// counted sends the pings that count, one after the other.
func (e *echoes) counted(count int) {
	for sequence := uint32(firstCounted); sequence < uint32(firstCounted+count); sequence++ {
		start := time.Now()
		e.ping(sequence)
		e.sent++
		for timer := time.After(wait); ; {
			select {
			case reply := <-e.replies:
				if reply != sequence {
					continue
				}
				e.trips = append(e.trips, time.Since(start))
			case <-timer:
			}
			break
		}
	}
}

func (e *echoes) median() float64 {
	sort.Slice(e.trips, func(i, j int) bool { return e.trips[i] < e.trips[j] })
	return milliseconds(e.trips[len(e.trips)/2])
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
