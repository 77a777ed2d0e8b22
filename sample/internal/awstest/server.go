// Package awstest answers the few calls of S3 and STS that the service makes, for tests in this process.
package awstest

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is an S3 and an STS.
type Server struct {
	URL string

	mutex   sync.Mutex
	objects map[string][]byte
	down    bool
	assumed int
}

// Start serves until the test ends and points the AWS SDK's environment at itself.
func Start(t *testing.T) *Server {
	t.Helper()
	server := &Server{objects: map[string][]byte{}}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	server.URL = listener.URL
	for name, value := range map[string]string{
		"AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": listener.URL,
		"AWS_ENDPOINT_URL_S3": listener.URL, "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		// A machine that has one gives the SDK another HTTP client than a container does.
		"AWS_CA_BUNDLE": "",
	} {
		t.Setenv(name, value)
	}
	return server
}

// Put stores an object; a nil body removes it.
func (s *Server) Put(bucket, key string, body []byte) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if body == nil {
		delete(s.objects, bucket+"/"+key)
		return
	}
	s.objects[bucket+"/"+key] = body
}

// Keys lists all objects as bucket/key.
func (s *Server) Keys() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Sorted(maps.Keys(s.objects))
}

// SetDown makes every call fail, or work again.
func (s *Server) SetDown(down bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.down = down
}

// Assumed tells how often a role was assumed.
func (s *Server) Assumed() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.assumed
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case s.down:
		// 400 is not retried by the SDK.
		fail(w, http.StatusBadRequest, "Down")
	case r.Method == http.MethodPost && bucket == "":
		s.assumed++
		assumeRole(w)
	case r.Method == http.MethodGet && key == "":
		s.list(w, bucket, r.URL.Query().Get("prefix"))
	case r.Method == http.MethodGet:
		body, found := s.objects[bucket+"/"+key]
		if !found {
			fail(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		_, _ = w.Write(body)
	case r.Method == http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			fail(w, http.StatusBadRequest, "IncompleteBody")
			return
		}
		s.objects[bucket+"/"+key] = body
	default:
		fail(w, http.StatusNotImplemented, "NotImplemented")
	}
}

func (s *Server) list(w http.ResponseWriter, bucket, prefix string) {
	type content struct {
		Key string
	}
	answer := struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		Contents []content
	}{}
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		if key, inside := strings.CutPrefix(name, bucket+"/"); inside && strings.HasPrefix(key, prefix) {
			answer.Contents = append(answer.Contents, content{key})
		}
	}
	_ = xml.NewEncoder(w).Encode(answer)
}

func assumeRole(w http.ResponseWriter) {
	_, _ = fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIATEST</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
}

func fail(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code)
}
