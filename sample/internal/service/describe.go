package service

import (
	"context"
	"net/http"
)

func (a *api) health(context.Context, call) (answer, error) {
	return answer{http.StatusOK, struct {
		Status  string `json:"status"`
		Version string `json:"version"`
	}{"ok", a.info.Version()}}, nil
}

func (a *api) describe(context.Context, call) (answer, error) {
	status := a.unsealer.Status()
	return answer{http.StatusOK, struct {
		EncryptionKeyARN string `json:"encryptionKeyArn"`
		Environment      string `json:"environment"`
		Sealed           bool   `json:"sealed"`
		Shares           int    `json:"shares"`
		Version          string `json:"version"`
	}{
		EncryptionKeyARN: "arn:aws:kms:" + a.settings.region + ":000000000000:alias/nitro-enclave-mocking",
		Environment:      a.settings.environment,
		Sealed:           status.Sealed,
		Shares:           status.Shares,
		Version:          a.info.Version(),
	}}, nil
}
