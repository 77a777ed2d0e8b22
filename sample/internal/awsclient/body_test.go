package awsclient

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/qldbsession"
	"github.com/aws/aws-sdk-go-v2/service/qldbsession/types"
)

// The transport's write of the body returns only once the SDK has closed the body, as when the server is faster than the scheduler.
func TestAnAnswerFasterThanTheEndOfItsRequestIsRead(t *testing.T) {
	bodyClosed := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = http.NewResponseController(w).Flush()
		<-bodyClosed
		// Time for a transport to close the connection, if it does.
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(w, `{"StartSession":{"SessionToken":"token"}}`)
	}))
	defer server.Close()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return &slowConn{Conn: connection, until: bodyClosed}, err
	}}
	defer transport.CloseIdleConnections()
	client := qldbsession.New(qldbsession.Options{
		Region: "us-west-2", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer:    aws.NopRetryer{},
		HTTPClient: WithPlainBodies(&watcher{client: &http.Client{Transport: transport}, closed: bodyClosed}),
	})
	answer, err := client.SendCommand(t.Context(), &qldbsession.SendCommandInput{StartSession: &types.StartSessionRequest{LedgerName: aws.String("ledger")}})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(answer.StartSession.SessionToken); got != "token" {
		t.Errorf("the session's token is %q", got)
	}
}

// slowConn returns from writing a request's body only after until.
type slowConn struct {
	net.Conn
	until <-chan struct{}
}

func (c *slowConn) Write(data []byte) (int, error) {
	n, err := c.Conn.Write(data)
	if strings.HasPrefix(string(data), "{") {
		<-c.until
	}
	return n, err
}

// watcher tells when the body of its request is closed; a body that could write itself still can.
type watcher struct {
	client *http.Client
	closed chan<- struct{}
}

func (w *watcher) Do(request *http.Request) (*http.Response, error) {
	watched := watchedBody{request.Body, sync.OnceFunc(func() { close(w.closed) })}
	request.Body = watched
	if writer, ok := watched.ReadCloser.(io.WriterTo); ok {
		request.Body = struct {
			watchedBody
			io.WriterTo
		}{watched, writer}
	}
	return w.client.Do(request)
}

type watchedBody struct {
	io.ReadCloser
	closed func()
}

func (b watchedBody) Close() error {
	err := b.ReadCloser.Close()
	b.closed()
	return err
}
