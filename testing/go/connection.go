package nitrotest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// rootVariable names the folder of nitro-stacks where it cannot be told from where this package lies.
const rootVariable = "NITRO_STACKS"

// An Error is what a call was answered with.
type Error struct {
	// Name tells kinds apart: PartEndedError, WaitTimeoutError, UserError, …
	Name    string
	Message string
}

func (e *Error) Error() string { return e.Message }

// errClosed is given to who still waits when the connection ends.
var errClosed = errors.New("the connection to the stack is closed")

// hello is the first line of `nitro fixtures`.
type hello struct {
	Stack   string
	Outputs Outputs
	Parts   []Part
}

type answer struct {
	ID     int
	Result json.RawMessage
	Error  *Error
}

// connection is a running `nitro fixtures`: a line of JSON for each call, one for each answer.
type connection struct {
	command *exec.Cmd
	input   io.WriteCloser
	stderr  *tail
	// gone is closed once the program has ended, as exit says.
	gone chan struct{}
	exit error

	mutex   sync.Mutex
	last    int
	waiting map[int]chan answer
}

// connect starts `nitro fixtures` and reads its first line.
func connect(root, name string) (*connection, *hello, error) {
	args := []string{"fixtures"}
	if name != "" {
		args = append(args, "-s", name)
	}
	command := exec.Command(filepath.Join(root, "nitro"), args...)
	// Ctrl-C is for the tests: this one ends when its input does, and undoes what they left.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr := &tail{}
	command.Stderr = stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, fmt.Errorf("nitro cannot be started: %w", err)
	}
	lines := bufio.NewReader(output)
	first := &hello{}
	line, err := lines.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, first)
	}
	if err != nil {
		_ = input.Close()
		_ = command.Wait()
		return nil, nil, fmt.Errorf("the stack cannot be opened: %s", stderr.or(err))
	}
	c := &connection{command: command, input: input, stderr: stderr, gone: make(chan struct{}), waiting: map[int]chan answer{}}
	go c.read(lines)
	return c, first, nil
}

func (c *connection) read(lines *bufio.Reader) {
	defer func() {
		c.exit = c.command.Wait()
		close(c.gone)
	}()
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var a answer
		if json.Unmarshal(line, &a) != nil {
			continue
		}
		c.mutex.Lock()
		waiter := c.waiting[a.ID]
		delete(c.waiting, a.ID)
		c.mutex.Unlock()
		if waiter != nil {
			waiter <- a
		}
	}
}

// begin sends a call. Its answer comes on the channel; cancel says that nobody waits for it any more.
func (c *connection) begin(call string, args any) (answers <-chan answer, cancel func(), err error) {
	waiter := make(chan answer, 1)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.last++
	id := c.last
	if err := c.write(map[string]any{"id": id, "call": call, "args": args}); err != nil {
		return nil, nil, err
	}
	c.waiting[id] = waiter
	return waiter, func() {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		if _, open := c.waiting[id]; open {
			delete(c.waiting, id)
			_ = c.write(map[string]any{"cancel": id})
		}
	}, nil
}

// write needs the mutex.
func (c *connection) write(line any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if _, err := c.input.Write(append(text, '\n')); err != nil {
		return errClosed
	}
	return nil
}

// ended says why there is no answer any more. It waits until the program has ended.
func (c *connection) ended() error {
	<-c.gone
	return fmt.Errorf("%w: %s", errClosed, c.stderr.or(c.exit))
}

// call waits for its answer, which it puts into result unless that is nil.
func (c *connection) call(call string, args, result any) error {
	answers, _, err := c.begin(call, args)
	if errors.Is(err, errClosed) {
		return c.ended()
	}
	if err != nil {
		return err
	}
	var a answer
	select {
	case a = <-answers:
	case <-c.gone:
		select {
		case a = <-answers:
		default:
			return c.ended()
		}
	}
	if a.Error != nil {
		return a.Error
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(a.Result, result)
}

// close has everything undone and waits for that.
func (c *connection) close() error {
	_ = c.input.Close()
	<-c.gone
	if c.exit != nil {
		return fmt.Errorf("not everything could be undone: %s", c.stderr.or(c.exit))
	}
	return nil
}

// tail keeps the end of what a program says.
type tail struct {
	mutex sync.Mutex
	text  []byte
}

const tailBytes = 8 << 10

func (t *tail) Write(text []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.text = append(t.text, text...)
	t.text = t.text[max(0, len(t.text)-tailBytes):]
	return len(text), nil
}

// or gives what was said, or else the error.
func (t *tail) or(err error) string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if said := strings.TrimSpace(string(t.text)); said != "" || err == nil {
		return said
	}
	return err.Error()
}

// findRoot finds the folder of nitro-stacks: $NITRO_STACKS, else the one that this package's source lies in.
func findRoot() (string, error) {
	root := os.Getenv(rootVariable)
	if root == "" {
		_, file, _, _ := runtime.Caller(0)
		root = filepath.Join(filepath.Dir(file), "..", "..")
	}
	if _, err := os.Stat(filepath.Join(root, "nitro")); err != nil {
		return "", fmt.Errorf("there is no nitro in %q: give the folder of nitro-stacks as %s", root, rootVariable)
	}
	return root, nil
}
