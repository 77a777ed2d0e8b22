package worker

import (
	"io"
	"net"
	"sync"
	"testing"
)

// gate forwards connections to an address until it is shut, and again once it is opened.
type gate struct {
	target, address string

	mutex       sync.Mutex
	listener    net.Listener
	connections []net.Conn
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	g := &gate{target: target, address: "127.0.0.1:0"}
	g.open(t)
	t.Cleanup(g.shut)
	return g
}

func (g *gate) open(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", g.address)
	if err != nil {
		t.Fatal(err)
	}
	g.mutex.Lock()
	g.listener, g.address = listener, listener.Addr().String()
	g.mutex.Unlock()
	go func() {
		for {
			incoming, err := listener.Accept()
			if err != nil {
				return
			}
			go g.forward(incoming)
		}
	}()
}

func (g *gate) forward(incoming net.Conn) {
	outgoing, err := net.Dial("tcp", g.target)
	if err != nil {
		_ = incoming.Close()
		return
	}
	g.mutex.Lock()
	g.connections = append(g.connections, incoming, outgoing)
	g.mutex.Unlock()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{incoming, outgoing}, {outgoing, incoming}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			_ = pair[0].Close()
		})
	}
	both.Wait()
}

func (g *gate) shut() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	_ = g.listener.Close()
	for _, connection := range g.connections {
		_ = connection.Close()
	}
	g.connections = nil
}
