// Package clock waits in a way that can be called off.
package clock

import (
	"context"
	"time"
)

// Sleep returns after the pause, or with the context's error as soon as that is done.
func Sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
