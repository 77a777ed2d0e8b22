package worker

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
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
	for _, name := range []string{"NITRO_API_BASE", "REDIS_ADDR"} {
		if value[name], _ = lookup(name); value[name] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return settings{}, fmt.Errorf("environment variables are missing: %s", strings.Join(missing, ", "))
	}
	base, err := url.Parse(value["NITRO_API_BASE"])
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return settings{}, fmt.Errorf("NITRO_API_BASE is %q, needed is an address like http://service:18080", value["NITRO_API_BASE"])
	}
	user, _ := lookup("REDIS_USER")
	password, _ := lookup("REDIS_PASS")
	return settings{apiBase: base, redis: &redis.Options{
		Addr: value["REDIS_ADDR"], Username: user, Password: password,
		DialTimeout: 2 * time.Second, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}}, nil
}
