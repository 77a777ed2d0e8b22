package nitrotest

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeVariable makes the test's own program play `nitro fixtures`, in one of these ways. What the real one does is tested with a real stack
// (examples/go): here it is what becomes of its answers.
const fakeVariable = "NITROTEST_FAKE"

func TestMain(m *testing.M) {
	if way := os.Getenv(fakeVariable); way != "" {
		os.Exit(fake(way))
	}
	os.Exit(m.Run())
}

// fake answers "echo" with its arguments, "fail" with an error, "later" after the next call, and "watch" never, unless it is about what ends.
func fake(way string) int {
	if way == "not up" {
		fmt.Fprintln(os.Stderr, `error: there is no stack "alice"; run: ./nitro up -s alice`)
		return 1
	}
	fmt.Printf(`{"stack":%q,"outputs":{"serviceUrl":"http://127.0.0.1:1","ports":{"redis":2},"aws":{"accessKeyId":"k"}},"parts":["redis"]}`+"\n",
		strings.Join(os.Args[1:], " "))
	lines := bufio.NewScanner(os.Stdin)
	var later []int
	cancelled := 0
	for lines.Scan() {
		var line struct {
			ID     int
			Call   string
			Args   json.RawMessage
			Cancel int
		}
		_ = json.Unmarshal(lines.Bytes(), &line)
		switch {
		case line.Cancel != 0:
			cancelled++
			continue
		case line.Call == "fail", line.Call == "watch" && strings.Contains(string(line.Args), "ends"):
			fmt.Printf(`{"id":%d,"error":{"name":"PartEndedError","message":"worker exited with code 2"}}`+"\n", line.ID)
		case line.Call == "later":
			later = append(later, line.ID)
			continue
		case line.Call == "die":
			fmt.Fprintln(os.Stderr, "it died")
			return 3
		case line.Call == "cancelled":
			fmt.Printf(`{"id":%d,"result":%d}`+"\n", line.ID, cancelled)
		case line.Call == "echo":
			fmt.Printf(`{"id":%d,"result":%s}`+"\n", line.ID, line.Args)
		}
		for _, id := range later {
			fmt.Printf(`{"id":%d,"result":"later"}`+"\n", id)
		}
		later = nil
	}
	if way == "cannot undo" {
		fmt.Fprintln(os.Stderr, "error: redis is still paused")
		return 1
	}
	return 0
}

func open(t *testing.T, way string) (*Stack, error) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nexec %q \"$@\"\n", program)
	if err := os.WriteFile(filepath.Join(root, "nitro"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(rootVariable, root)
	t.Setenv(fakeVariable, way)
	return Open("alice")
}

func opened(t *testing.T) *Stack {
	t.Helper()
	stack, err := open(t, "well")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Close(); err != nil {
			t.Error(err)
		}
	})
	return stack
}

func TestOpenReadsWhatTheStackTells(t *testing.T) {
	stack := opened(t)
	if stack.Name != "fixtures -s alice" || len(stack.Parts) != 1 || stack.Parts[0] != Redis {
		t.Errorf("opened %q with parts %v", stack.Name, stack.Parts)
	}
	if o := stack.Outputs; o.ServiceURL != "http://127.0.0.1:1" || o.Ports[Redis] != 2 || o.AWS.AccessKeyID != "k" {
		t.Errorf("outputs are %+v", o)
	}
}

// index.ts exports what `pulumi stack output` tells.
func TestOutputsHasEveryOutput(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "..", "index.ts"))
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]bool{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Outputs]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields[strings.ToLower(cmp.Or(name, field.Name))] = true
	}
	exports := regexp.MustCompile(`export const (\w+)`).FindAllStringSubmatch(string(source), -1)
	for _, export := range exports {
		if !fields[strings.ToLower(export[1])] {
			t.Errorf("Outputs lacks %s", export[1])
		}
	}
	if len(exports) != len(fields) {
		t.Errorf("%d outputs, %d fields", len(exports), len(fields))
	}
}

func TestOpenSaysHowToBringTheStackUp(t *testing.T) {
	if _, err := open(t, "not up"); err == nil || !strings.Contains(err.Error(), "./nitro up -s alice") {
		t.Errorf("the error is %v", err)
	}
}

func TestOpenSaysWhereItLooksForNitro(t *testing.T) {
	t.Setenv(rootVariable, t.TempDir())
	if _, err := Open("alice"); err == nil || !strings.Contains(err.Error(), rootVariable) {
		t.Errorf("the error is %v", err)
	}
}

func TestAnswersFindTheirCalls(t *testing.T) {
	stack := opened(t)
	var group sync.WaitGroup
	late := ""
	answers, _, err := stack.connection.begin("later", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		group.Go(func() {
			got := 0
			if err := stack.connection.call("echo", i, &got); err != nil || got != i {
				t.Errorf("echo of %d is %d, %v", i, got, err)
			}
		})
	}
	group.Wait()
	if err := json.Unmarshal((<-answers).Result, &late); err != nil || late != "later" {
		t.Errorf("the late answer is %q, %v", late, err)
	}
}

func TestAnErrorHasItsName(t *testing.T) {
	var told *Error
	if err := opened(t).connection.call("fail", nil, nil); !errors.As(err, &told) || told.Name != "PartEndedError" {
		t.Errorf("the error is %v", err)
	}
}

func TestWaitFor(t *testing.T) {
	stack := opened(t)
	never := func() error { return errors.New("connection refused") }
	tries := 0
	third := func() error {
		if tries++; tries < 3 {
			return errors.New("not yet")
		}
		return nil
	}
	hang := make(chan struct{})
	defer close(hang)
	for _, each := range []struct {
		what    string
		timeout time.Duration
		check   func() error
		problem string
	}{
		{"it comes true", time.Minute, third, ""},
		{"it does not", 50 * time.Millisecond, never, "waited 50ms in vain: it does not (last: connection refused)"},
		{"the worker ends", time.Minute, never, "worker exited with code 2"},
		{"the worker ends and the check hangs", time.Minute, func() error { <-hang; return nil }, "worker exited with code 2"},
		{"the check hangs", 50 * time.Millisecond, func() error { <-hang; return nil }, "waited 50ms in vain: the check hangs (last: the check did not end)"},
	} {
		err := stack.waitFor(each.what, each.timeout, each.check, []Part{Worker})
		if said := fmt.Sprint(err); (err == nil) != (each.problem == "") || err != nil && said != each.problem {
			t.Errorf("%s: %v", each.what, err)
		}
	}
	// Whoever has waited does not leave a watch behind.
	cancelled := 0
	if err := stack.connection.call("cancelled", nil, &cancelled); err != nil || cancelled != 3 {
		t.Errorf("cancelled are %d watches, %v", cancelled, err)
	}
}

func TestACallAfterTheEndSaysWhy(t *testing.T) {
	stack, err := open(t, "well")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := stack.connection.call("die", nil, nil); !errors.Is(err, errClosed) || !strings.Contains(err.Error(), "it died") {
			t.Errorf("the error is %v", err)
		}
	}
	if err := stack.Close(); err == nil {
		t.Error("closing told nothing")
	}
}

func TestCloseTellsWhatCouldNotBeUndone(t *testing.T) {
	stack, err := open(t, "cannot undo")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := stack.Close(); err == nil || !strings.Contains(err.Error(), "redis is still paused") {
			t.Errorf("closing gave %v", err)
		}
	}
}
