package main

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// fakeIAM keeps roles in memory and speaks IAM's query protocol: what the calls look like is tested here; LocalStack's IAM judges them in
// test/e2e/aws-ledger.test.ts.
type fakeIAM struct {
	sync.Mutex
	roles    map[string]url.Values
	policies map[string]string
	denied   string
	calls    []string
}

func startIAM(t *testing.T) (*fakeIAM, string) {
	fake := &fakeIAM{roles: map[string]url.Values{}, policies: map[string]string{}}
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	return fake, server.URL
}

func (f *fakeIAM) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	f.Lock()
	defer f.Unlock()
	if err := request.ParseForm(); err != nil {
		fail(response, 400, "MalformedInput", err.Error())
		return
	}
	form := request.PostForm
	action, name := form.Get("Action"), form.Get("RoleName")
	f.calls = append(f.calls, action)
	if action == f.denied {
		fail(response, 403, "AccessDenied", "User: me is not authorized to perform: iam:"+action+" on resource: role/"+name)
		return
	}
	role, there := f.roles[name]
	if !there && action != "CreateRole" {
		fail(response, 404, "NoSuchEntity", "The role with name "+name+" cannot be found.")
		return
	}
	inner := f.act(response, action, name, role, form)
	if inner != nil {
		fmt.Fprintf(response, "<%sResponse><%sResult>%s</%sResult></%sResponse>", action, action, *inner, action, action)
	}
}

// act is nil where the answer was a failure.
func (f *fakeIAM) act(response http.ResponseWriter, action, name string, role, form url.Values) *string {
	nothing := ""
	key := name + ":" + form.Get("PolicyName")
	switch action {
	case "CreateRole":
		if role != nil {
			fail(response, 409, "EntityAlreadyExists", "Role with name "+name+" already exists.")
			return nil
		}
		f.roles[name] = form
		return described(form)
	case "GetRole":
		return described(role)
	case "UpdateAssumeRolePolicy":
		role.Set("AssumeRolePolicyDocument", form.Get("PolicyDocument"))
	case "UpdateRole":
		role.Set("Description", form.Get("Description"))
		role.Set("MaxSessionDuration", form.Get("MaxSessionDuration"))
	case "TagRole":
		role.Set("Tags.member.9.Key", form.Get("Tags.member.1.Key"))
		role.Set("Tags.member.9.Value", form.Get("Tags.member.1.Value"))
	case "UntagRole":
		for key, values := range role {
			if strings.HasSuffix(key, ".Key") && values[0] == form.Get("TagKeys.member.1") {
				role.Del(key)
			}
		}
	case "PutRolePermissionsBoundary":
		role.Set("PermissionsBoundary", form.Get("PermissionsBoundary"))
	case "DeleteRole":
		for policy := range f.policies {
			if strings.HasPrefix(policy, name+":") {
				fail(response, 409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
				return nil
			}
		}
		delete(f.roles, name)
	case "PutRolePolicy":
		f.policies[key] = form.Get("PolicyDocument")
	case "GetRolePolicy":
		policy, there := f.policies[key]
		if !there {
			fail(response, 404, "NoSuchEntity", "no policy")
			return nil
		}
		text := fmt.Sprintf("<RoleName>%s</RoleName><PolicyName>%s</PolicyName><PolicyDocument>%s</PolicyDocument>",
			name, form.Get("PolicyName"), url.QueryEscape(policy))
		text = strings.ReplaceAll(text, "+", "%20")
		return &text
	case "DeleteRolePolicy":
		delete(f.policies, key)
	case "ListAttachedRolePolicies":
		text := "<AttachedPolicies></AttachedPolicies><IsTruncated>false</IsTruncated>"
		return &text
	case "ListRolePolicies":
		text := "<PolicyNames>"
		for policy := range f.policies {
			if role, inline, _ := strings.Cut(policy, ":"); role == name {
				text += "<member>" + inline + "</member>"
			}
		}
		text += "</PolicyNames><IsTruncated>false</IsTruncated>"
		return &text
	default:
		fail(response, 400, "InvalidAction", action)
		return nil
	}
	return &nothing
}

func described(role url.Values) *string {
	var tags strings.Builder
	for key, values := range role {
		if strings.HasPrefix(key, "Tags.member.") && strings.HasSuffix(key, ".Key") {
			value := role.Get(strings.TrimSuffix(key, "Key") + "Value")
			fmt.Fprintf(&tags, "<member><Key>%s</Key><Value>%s</Value></member>", values[0], value)
		}
	}
	var boundary string
	if arn := role.Get("PermissionsBoundary"); arn != "" {
		boundary = "<PermissionsBoundary><PermissionsBoundaryArn>" + arn + "</PermissionsBoundaryArn></PermissionsBoundary>"
	}
	path := role.Get("Path")
	policy := strings.ReplaceAll(url.QueryEscape(role.Get("AssumeRolePolicyDocument")), "+", "%20")
	text := fmt.Sprintf("<Role><Path>%s</Path><RoleName>%s</RoleName><RoleId>AROA1</RoleId><Arn>arn:aws:iam::1:role%s%s</Arn>"+
		"<CreateDate>2026-01-02T03:04:05Z</CreateDate><AssumeRolePolicyDocument>%s</AssumeRolePolicyDocument><Description>%s</Description>"+
		"<MaxSessionDuration>%s</MaxSessionDuration>%s<Tags>%s</Tags></Role>",
		path, role.Get("RoleName"), path, role.Get("RoleName"), policy, role.Get("Description"), role.Get("MaxSessionDuration"), boundary, tags.String())
	return &text
}

func fail(response http.ResponseWriter, status int, code, message string) {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(message))
	response.WriteHeader(status)
	fmt.Fprintf(response, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>",
		code, escaped.String())
}
