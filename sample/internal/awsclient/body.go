package awsclient

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// WithPlainBodies mends a race of the SDK with fast servers. The SDK closes a request's body once the answer has begun; its WriteTo
// then reports io.EOF as an error to the transport, where that one still looks for the body's end, and the transport closes the
// connection under the answer: "deserialization failed, … use of closed network connection"
// (https://github.com/aws/aws-sdk-go-v2/issues/2737). A body that can only be read reports its end as an end.
// client may be nil: then it is the SDK's default.
func WithPlainBodies(client aws.HTTPClient) aws.HTTPClient {
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	return plainBodies{client}
}

type plainBodies struct{ client aws.HTTPClient }

func (p plainBodies) Do(request *http.Request) (*http.Response, error) {
	if request.Body != nil && request.Body != http.NoBody {
		request.Body = struct{ io.ReadCloser }{request.Body}
	}
	return p.client.Do(request)
}
