package service

import (
	"bytes"
	"maps"
	"net/http"
	"time"

	"example.com/nitro-stacks/payments/internal/enclave"
	"example.com/nitro-stacks/payments/internal/httpsig"
)

// attested signs every response of a handler with the enclave's key.
func attested(next http.Handler, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		buffered := &response{header: http.Header{}, code: http.StatusOK}
		next.ServeHTTP(buffered, r)
		if err := httpsig.SignResponse(buffered.header, buffered.body.Bytes(), now(), enclave.Sign); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		maps.Copy(w.Header(), buffered.header)
		w.WriteHeader(buffered.code)
		_, _ = w.Write(buffered.body.Bytes())
	})
}

// response holds a response back until it is complete.
type response struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (r *response) Header() http.Header { return r.header }

func (r *response) WriteHeader(code int) { r.code = code }

func (r *response) Write(data []byte) (int, error) { return r.body.Write(data) }
