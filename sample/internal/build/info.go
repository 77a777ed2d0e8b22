// Package build tells which build of the executable is running.
package build

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
	"sync"
)

// Info names a build.
type Info struct {
	version func() string
}

// New makes the name of this build: the given version, or, where that is empty, "dev-" and the beginning of the SHA-256 of the running
// executable, so that every changed build has another name. The executable is read when the version is first asked for.
func New(version string) Info {
	if version != "" {
		return Info{version: func() string { return version }}
	}
	return Info{version: sync.OnceValue(func() string { return "dev-" + contentName() })}
}

// Version returns the name of the build.
func (i Info) Version() string { return i.version() }

func contentName() string {
	path, err := os.Executable()
	if err != nil {
		return revision()
	}
	file, err := os.Open(path)
	if err != nil {
		return revision()
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return revision()
	}
	return hex.EncodeToString(hash.Sum(nil))[:12]
}

// revision is the commit that the build was made from, where the executable cannot be read.
func revision() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				return setting.Value
			}
		}
	}
	return "unknown"
}
