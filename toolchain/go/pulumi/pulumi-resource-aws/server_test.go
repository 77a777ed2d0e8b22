package main

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// engine talks to the plugin as Pulumi's engine does, in the names of @pulumi/aws.
type engine struct {
	t      *testing.T
	server pulumirpc.ResourceProviderServer
}

type properties = map[string]any

// configured is a plugin whose services answer at these addresses.
func configured(t *testing.T, iam, qldb string) engine {
	t.Helper()
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, "")
	}
	e := engine{t, newServer(context.Background(), nil)}
	// Whatever is not text is JSON, as @pulumi/aws's Provider sends it.
	args := e.marshal(properties{
		"region": "us-west-2", "accessKey": "AKIATEST", "secretKey": "secret",
		"maxRetries": "0", "skipMetadataApiCheck": "true", "skipCredentialsValidation": "true", "skipRequestingAccountId": "true",
		"endpoints": `[{"iam":"` + iam + `","qldb":"` + qldb + `"}]`,
	})
	if _, err := e.server.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: args, AcceptSecrets: true}); err != nil {
		t.Fatal(err)
	}
	return e
}

func urn(token string) string {
	return "urn:pulumi:alice::nitro::" + token + "::it"
}

func (e engine) marshal(given properties) *structpb.Struct {
	e.t.Helper()
	marshaled, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(given), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		e.t.Fatal(err)
	}
	return marshaled
}

func (e engine) plain(given *structpb.Struct) properties {
	e.t.Helper()
	unmarshaled, err := plugin.UnmarshalProperties(given, plugin.MarshalOptions{KeepUnknowns: true})
	if err != nil {
		e.t.Fatal(err)
	}
	return unmarshaled.Mappable()
}

func (e engine) check(token string, inputs properties) (*structpb.Struct, []*pulumirpc.CheckFailure) {
	e.t.Helper()
	answer, err := e.server.Check(e.t.Context(), &pulumirpc.CheckRequest{Urn: urn(token), News: e.marshal(inputs), RandomSeed: []byte("seed")})
	if err != nil {
		e.t.Fatal(err)
	}
	return answer.GetInputs(), answer.GetFailures()
}

// made is a resource after its creation.
type made struct {
	id             string
	inputs, output *structpb.Struct
}

func (e engine) create(token string, inputs properties) (made, error) {
	e.t.Helper()
	checked, failures := e.check(token, inputs)
	if len(failures) > 0 {
		e.t.Fatal(failures)
	}
	answer, err := e.server.Create(e.t.Context(), &pulumirpc.CreateRequest{Urn: urn(token), Properties: checked})
	if err != nil {
		return made{}, err
	}
	return made{answer.GetId(), checked, answer.GetProperties()}, nil
}

func (e engine) mustCreate(token string, inputs properties) made {
	e.t.Helper()
	resource, err := e.create(token, inputs)
	if err != nil {
		e.t.Fatal(err)
	}
	return resource
}

func (e engine) diff(token string, old made, inputs properties) *pulumirpc.DiffResponse {
	e.t.Helper()
	checked, failures := e.check(token, inputs)
	if len(failures) > 0 {
		e.t.Fatal(failures)
	}
	answer, err := e.server.Diff(e.t.Context(), &pulumirpc.DiffRequest{
		Id: old.id, Urn: urn(token), Olds: old.output, OldInputs: old.inputs, News: checked,
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return answer
}

func (e engine) update(token string, old made, inputs properties) made {
	e.t.Helper()
	checked, _ := e.check(token, inputs)
	answer, err := e.server.Update(e.t.Context(), &pulumirpc.UpdateRequest{
		Id: old.id, Urn: urn(token), Olds: old.output, OldInputs: old.inputs, News: checked,
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return made{old.id, checked, answer.GetProperties()}
}

// read without state is what an import does.
func (e engine) read(token, id string, state *structpb.Struct) *pulumirpc.ReadResponse {
	e.t.Helper()
	answer, err := e.server.Read(e.t.Context(), &pulumirpc.ReadRequest{Id: id, Urn: urn(token), Properties: state})
	if err != nil {
		e.t.Fatal(err)
	}
	return answer
}

func (e engine) delete(token string, resource made) error {
	_, err := e.server.Delete(e.t.Context(), &pulumirpc.DeleteRequest{Id: resource.id, Urn: urn(token), Properties: resource.output})
	return err
}
