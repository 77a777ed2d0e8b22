package worker

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"example.com/nitro-stacks/payments/internal/contract"
)

type settings struct {
	// apiBase is where the service answers.
	apiBase *url.URL
	redis   *redis.Options
}

// readSettings reads the environment; the error names everything that is missing.
func readSettings(lookup func(string) (string, bool)) (settings, error) {
	value := map[string]string{}
	var missing []string
	for _, name := range []string{contract.EnvAPIBase, contract.EnvRedisAddress} {
		if value[name], _ = lookup(name); value[name] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return settings{}, fmt.Errorf("environment variables are missing: %s", strings.Join(missing, ", "))
	}
	base, err := url.Parse(value[contract.EnvAPIBase])
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return settings{}, fmt.Errorf("%s is %q, needed is an address like http://service:18080", contract.EnvAPIBase, value[contract.EnvAPIBase])
	}
	user, _ := lookup(contract.EnvRedisUser)
	password, _ := lookup(contract.EnvRedisPassword)
	var secured *tls.Config
	if wanted, _ := lookup(contract.EnvRedisTLS); wanted == "1" {
		// The system's authorities, and those in SSL_CERT_DIR. The name is the address's.
		secured = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return settings{apiBase: base, redis: &redis.Options{
		TLSConfig: secured,
		Addr:      value[contract.EnvRedisAddress], Username: user, Password: password,
		DialTimeout: 2 * time.Second, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}}, nil
}
