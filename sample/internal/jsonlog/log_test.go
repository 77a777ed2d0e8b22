package jsonlog

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestLines(t *testing.T) {
	var out bytes.Buffer
	log := New(&out, false)
	log.Debug("unseen")
	log.Info("zebpayApiKey is loaded in secrets!", "shares", 2)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%q is not one JSON line: %v", out.String(), err)
	}
	if line["message"] != "zebpayApiKey is loaded in secrets!" || line["level"] != "info" || line["shares"] != 2.0 || line["time"] == nil {
		t.Fatalf("got %v", line)
	}
	New(&out, true).Debug("seen")
	if !bytes.Contains(out.Bytes(), []byte(`"message":"seen"`)) {
		t.Fatal("debug lines are missing")
	}
}
