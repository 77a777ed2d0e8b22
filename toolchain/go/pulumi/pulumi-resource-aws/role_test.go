package main

import (
	"slices"
	"strings"
	"testing"
)

const (
	roleToken   = "aws:iam/role:Role"
	policyToken = "aws:iam/rolePolicy:RolePolicy"
	trust       = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::1:user/a b"}}]}`
	// sameTrust says the same in other words.
	sameTrust  = `{"Statement": {"Principal": {"AWS": ["arn:aws:iam::1:user/a b"]}, "Action": ["sts:AssumeRole"], "Effect": "Allow"}, "Version": "2012-10-17"}`
	otherTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::1:user/b"}}]}`
)

func roleInputs() properties {
	return properties{
		"name": "nitro-alice-qldb", "description": "Ledger", "assumeRolePolicy": trust, "tags": properties{"nitro.stack": "alice"},
	}
}

func TestRoleLives(t *testing.T) {
	fake, url := startIAM(t)
	e := configured(t, url, "http://127.0.0.1:1")
	role := e.mustCreate(roleToken, roleInputs())
	output := e.plain(role.output)
	expected := properties{
		"name": "nitro-alice-qldb", "arn": "arn:aws:iam::1:role/nitro-alice-qldb", "uniqueId": "AROA1", "path": "/", "assumeRolePolicy": trust,
		"createDate": "2026-01-02T03:04:05Z", "maxSessionDuration": 3600.0, "forceDetachPolicies": false, "description": "Ledger",
	}
	for name, want := range expected {
		if output[name] != want {
			t.Errorf("%s is %v, expected %v", name, output[name], want)
		}
	}
	if role.id != "nitro-alice-qldb" {
		t.Errorf("id %q", role.id)
	}

	again := roleInputs()
	again["assumeRolePolicy"] = sameTrust
	if diff := e.diff(roleToken, role, again); len(diff.GetDiffs()) > 0 {
		t.Errorf("the same trust in other words is a change: %v", diff)
	}

	changed := roleInputs()
	changed["assumeRolePolicy"], changed["description"], changed["tags"] = otherTrust, "Other", properties{"nitro.owner": "me"}
	changed["permissionsBoundary"] = "arn:aws:iam::1:policy/limit"
	if diff := e.diff(roleToken, role, changed); len(diff.GetReplaces()) > 0 || len(diff.GetDiffs()) == 0 {
		t.Errorf("a change in place: %v", diff)
	}
	role = e.update(roleToken, role, changed)
	after := e.plain(role.output)
	if after["assumeRolePolicy"] != otherTrust || after["description"] != "Other" || after["permissionsBoundary"] != "arn:aws:iam::1:policy/limit" {
		t.Errorf("after the update: %v", after)
	}
	if tags := after["tags"].(properties); len(tags) != 1 || tags["nitro.owner"] != "me" {
		t.Errorf("tags after the update: %v", tags)
	}
	renamed := roleInputs()
	renamed["name"] = "another"
	if diff := e.diff(roleToken, role, renamed); !slices.Contains(diff.GetReplaces(), "name") {
		t.Errorf("another name: %v", diff)
	}

	if err := e.delete(roleToken, role); err != nil {
		t.Fatal(err)
	}
	if len(fake.roles) > 0 {
		t.Errorf("roles %v", fake.roles)
	}
	if gone := e.read(roleToken, role.id, role.output); gone.GetId() != "" {
		t.Errorf("a deleted role is still read as %q", gone.GetId())
	}
}

func TestDriftOfARoleIsSeen(t *testing.T) {
	fake, url := startIAM(t)
	e := configured(t, url, "http://127.0.0.1:1")
	role := e.mustCreate(roleToken, roleInputs())
	fake.roles[role.id].Set("AssumeRolePolicyDocument", otherTrust)
	if seen := e.plain(e.read(roleToken, role.id, role.output).GetProperties()); seen["assumeRolePolicy"] != otherTrust {
		t.Errorf("the trust is read as %v", seen["assumeRolePolicy"])
	}
}

func TestRoleIsImported(t *testing.T) {
	_, url := startIAM(t)
	e := configured(t, url, "http://127.0.0.1:1")
	e.mustCreate(roleToken, roleInputs())
	inputs := e.plain(e.read(roleToken, "nitro-alice-qldb", nil).GetInputs())
	if inputs["name"] != "nitro-alice-qldb" || inputs["assumeRolePolicy"] != trust || inputs["description"] != "Ledger" {
		t.Errorf("inputs %v", inputs)
	}
}

func TestPolicyLives(t *testing.T) {
	fake, url := startIAM(t)
	e := configured(t, url, "http://127.0.0.1:1")
	role := e.mustCreate(roleToken, roleInputs())
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"qldb:SendCommand","Resource":"*"}]}`
	inputs := properties{"name": "ledger", "role": "nitro-alice-qldb", "policy": document}
	policy := e.mustCreate(policyToken, inputs)
	if policy.id != "nitro-alice-qldb:ledger" || fake.policies[policy.id] != document {
		t.Errorf("id %q, policies %v", policy.id, fake.policies)
	}
	if err := e.delete(roleToken, role); err == nil || !strings.Contains(err.Error(), "DeleteConflict") {
		t.Errorf("a role with a policy of somebody else's: %v", err)
	}
	changed := strings.Replace(document, `"*"`, `"arn:aws:qldb:us-west-2:1:ledger/l"`, 1)
	policy = e.update(policyToken, policy, properties{"name": "ledger", "role": "nitro-alice-qldb", "policy": changed})
	if after := e.plain(policy.output); after["policy"] != changed || fake.policies[policy.id] != changed {
		t.Errorf("after the update: %v", after)
	}
	if imported := e.plain(e.read(policyToken, policy.id, nil).GetInputs()); imported["policy"] != changed || imported["role"] != "nitro-alice-qldb" {
		t.Errorf("imported %v", imported)
	}
	if err := e.delete(policyToken, policy); err != nil {
		t.Fatal(err)
	}
	if gone := e.read(policyToken, policy.id, policy.output); gone.GetId() != "" {
		t.Errorf("a deleted policy is still read as %q", gone.GetId())
	}
	if err := e.delete(roleToken, role); err != nil {
		t.Error(err)
	}
}

func TestPoliciesAreDetachedWhereThatIsAskedFor(t *testing.T) {
	fake, url := startIAM(t)
	e := configured(t, url, "http://127.0.0.1:1")
	inputs := roleInputs()
	inputs["forceDetachPolicies"] = true
	role := e.mustCreate(roleToken, inputs)
	fake.policies[role.id+":of-somebody-else"] = "{}"
	if err := e.delete(roleToken, role); err != nil {
		t.Fatal(err)
	}
	if len(fake.roles)+len(fake.policies) > 0 {
		t.Errorf("left: %v, %v", fake.roles, fake.policies)
	}
}

func TestDenialKeepsAWSsWords(t *testing.T) {
	fake, url := startIAM(t)
	fake.denied = "CreateRole"
	e := configured(t, url, "http://127.0.0.1:1")
	_, err := e.create(roleToken, roleInputs())
	if err == nil || !strings.Contains(err.Error(), "creating IAM Role (nitro-alice-qldb)") ||
		!strings.Contains(err.Error(), "is not authorized to perform: iam:CreateRole") {
		t.Errorf("error %v", err)
	}
	if len(fake.roles) > 0 {
		t.Errorf("roles %v", fake.roles)
	}
}

func TestPolicyMustBeJSON(t *testing.T) {
	e := configured(t, "http://127.0.0.1:1", "http://127.0.0.1:1")
	inputs := roleInputs()
	inputs["assumeRolePolicy"] = "Allow everything"
	if _, failures := e.check(roleToken, inputs); len(failures) != 1 {
		t.Errorf("failures %v", failures)
	}
}

func TestPolicyAsAnObject(t *testing.T) {
	e := configured(t, "http://127.0.0.1:1", "http://127.0.0.1:1")
	inputs := roleInputs()
	inputs["assumeRolePolicy"] = properties{"Version": "2012-10-17", "Statement": []any{}}
	checked, failures := e.check(roleToken, inputs)
	if text := e.plain(checked)["assumeRolePolicy"]; len(failures) > 0 || text != `{"Statement":[],"Version":"2012-10-17"}` {
		t.Errorf("%v, failures %v", text, failures)
	}
}
