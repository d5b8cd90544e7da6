package stack

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// wrangler is one run of `wrangler dev`.
type wrangler struct {
	Root      string            // the repository
	Config    string            // wrangler.toml, or a copy of it
	Port      int               // of the Worker
	Inspector int               // of the debugger
	Persist   string            // folder of the local KV
	Vars      map[string]string // settings, passed on the command line
	Secrets   string            // file of settings that the process list must not show
	LogDir    string            // wrangler's own logs
}

// node and script are the versions that package.json pins, because wrangler needs a newer Node.js
// than many systems have. The usual node_modules/.bin/wrangler would only add another process.
func (w wrangler) node() string { return filepath.Join(w.Root, "node_modules", ".bin", "node") }
func (w wrangler) script() string {
	return filepath.Join(w.Root, "node_modules", "wrangler", "wrangler-dist", "cli.js")
}

// check reports what must be installed first.
func (w wrangler) check() error {
	for _, file := range []string{w.node(), w.script()} {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is missing: run `npm ci` in %s", file, w.Root)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// args are the arguments for node. --local keeps everything away from Cloudflare.
func (w wrangler) args() []string {
	args := []string{
		"--no-warnings", w.script(), "dev", "--local",
		// The top level of wrangler.toml; all other local settings are in Vars.
		"--config", w.Config, "--env", "",
		"--ip", "127.0.0.1", "--port", strconv.Itoa(w.Port),
		"--inspector-ip", "127.0.0.1", "--inspector-port", strconv.Itoa(w.Inspector),
		"--persist-to", w.Persist,
		"--env-file", w.Secrets, // also keeps wrangler from reading a .dev.vars file
		"--show-interactive-dev-session=false",
	}
	for _, name := range slices.Sorted(maps.Keys(w.Vars)) {
		args = append(args, "--var", name+":"+w.Vars[name])
	}
	return args
}

// env is the present environment without variables that would change what is served, and with
// everything switched off that wrangler would fetch, report or ask.
func (w wrangler) env(present []string) []string {
	var env []string
	path := ""
	for _, entry := range present {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case name == "PATH":
			path = value
		case strings.HasPrefix(name, "CLOUDFLARE_"), strings.HasPrefix(name, "WRANGLER_"), name == "NODE_OPTIONS":
		// The build is not part of the make that started this program.
		case name == "MAKEFLAGS", name == "MFLAGS", name == "MAKELEVEL":
		default:
			env = append(env, entry)
		}
	}
	return append(env,
		"PATH="+filepath.Join(w.Root, "node_modules", ".bin")+string(os.PathListSeparator)+path,
		"CLOUDFLARE_CF_FETCH_ENABLED=false", // do not fetch request.cf, make it up
		"WRANGLER_HIDE_BANNER=true",         // also disables the search for a newer version
		"WRANGLER_SEND_METRICS=false",
		"WRANGLER_SEND_ERROR_REPORTS=false",
		"WRANGLER_LOG_PATH="+w.LogDir,
		// Do not connect to other Workers on this machine.
		"WRANGLER_REGISTRY_PATH="+filepath.Join(w.LogDir, "registry"),
		"NO_COLOR=1",
		"FORCE_COLOR=0",
		// Do not print the recipes of the build, and do not check the program's size.
		"MAKEFLAGS=s -- MAX_GZIP=",
	)
}

// writeSecrets writes secrets to a file that only its owner can read.
func writeSecrets(path string, secrets map[string]string) error {
	var file strings.Builder
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		value := secrets[name]
		if strings.ContainsAny(value, "'\n\r") {
			return fmt.Errorf("the secret %s has a quote or a line break", name)
		}
		fmt.Fprintf(&file, "%s='%s'\n", name, value)
	}
	return writeFile(path, []byte(file.String()))
}

// writeFile replaces a private file atomically.
func writeFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once the file is renamed
	if _, err := f.Write(content); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

var (
	table    = regexp.MustCompile(`^\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}\s*(#.*)?$`)
	mainKey  = regexp.MustCompile(`^main\s*=\s*"([^"]+)"`)
	nameKey  = regexp.MustCompile(`^name\s*=\s*"([^"]+)"`)
	filesKey = regexp.MustCompile(`^directory\s*=\s*"([^"]+)"`)
	flagsKey = regexp.MustCompile(`^compatibility_flags\s*=\s*\[(.*)\]`)
	limitKey = regexp.MustCompile(`^(simple\s*=\s*\{[^}]*?\blimit\s*=\s*)\d+`)
)

// unlimited is a limit that nobody reaches.
const unlimited = 1_000_000_000

// frozen returns wrangler.toml without [build], so that nothing is built or rebuilt, and the module
// that it names as main. The new file names main instead and adds flags to its own. The files that
// Cloudflare serves are in a folder beside it. Its rate limits are those in limits, and practically
// unlimited otherwise.
func frozen(toml, main string, limits map[string]int, flags []string) (frozenToml, module string, err error) {
	var kept []string
	in, name := "", ""
	at := 0 // the line after main
	for _, line := range strings.Split(toml, "\n") {
		if m := table.FindStringSubmatch(line); m != nil {
			in = m[1]
		}
		if in == "build" || strings.HasPrefix(in, "build.") {
			continue
		}
		if m := flagsKey.FindStringSubmatch(line); m != nil && in == "" && len(flags) > 0 {
			if own := strings.Trim(m[1], " ,"); own != "" {
				flags = append(strings.Split(own, ","), flags...)
			}
			continue
		}
		if m := mainKey.FindStringSubmatch(line); m != nil && in == "" {
			module = m[1]
			line = "main = " + strconv.Quote(main)
			at = len(kept) + 1
		}
		if m := filesKey.FindStringSubmatch(line); m != nil && in == "assets" {
			line = `directory = "` + path.Base(m[1]) + `"`
		}
		if m := nameKey.FindStringSubmatch(line); m != nil {
			name = m[1]
		}
		if in == "ratelimits" {
			line = limitKey.ReplaceAllString(line, "${1}"+strconv.Itoa(cmp.Or(limits[name], unlimited)))
		}
		kept = append(kept, line)
	}
	if module == "" {
		return "", "", errors.New(`wrangler.toml names no main = "…"`)
	}
	if len(flags) > 0 {
		for i, flag := range flags {
			flags[i] = strconv.Quote(strings.Trim(flag, ` "'`))
		}
		kept = slices.Insert(kept, at, "compatibility_flags = ["+strings.Join(flags, ", ")+"]")
	}
	return strings.Join(kept, "\n"), module, nil
}

// freeze copies the built Worker and its configuration into dir, so that a later build changes
// nothing, and returns the path of the configuration. An entry, if any, wraps the Worker.
func freeze(root, dir string, limits map[string]int, entry *Entry) (string, error) {
	toml, err := os.ReadFile(filepath.Join(root, "wrangler.toml"))
	if err != nil {
		return "", err
	}
	modules := filepath.Join(dir, "worker")
	_, module, err := frozen(string(toml), "", nil, nil)
	if err != nil {
		return "", err
	}
	main := filepath.Base(module)
	var flags []string
	if entry != nil {
		main, flags = filepath.Base(entry.Path), slices.Clone(entry.Flags)
	}
	config, _, err := frozen(string(toml), "worker/"+main, limits, flags)
	if err != nil {
		return "", err
	}
	if err := os.RemoveAll(modules); err != nil {
		return "", err
	}
	if err := os.MkdirAll(modules, 0o700); err != nil {
		return "", err
	}
	from := filepath.Join(root, filepath.FromSlash(filepath.Dir(module)))
	if err := copyModules(from, modules, ".mjs", ".js", ".wasm"); err != nil {
		return "", fmt.Errorf("%w: run `make build`", err)
	}
	if _, err := os.Stat(filepath.Join(modules, filepath.Base(module))); err != nil {
		return "", fmt.Errorf("%s is not built: run `make build`", module)
	}
	if entry != nil {
		if err := copyModules(filepath.Dir(entry.Path), modules, ".mjs"); err != nil {
			return "", err
		}
	}
	files := filepath.Join(dir, "assets")
	if err := os.RemoveAll(files); err != nil {
		return "", err
	}
	if err := os.CopyFS(files, os.DirFS(filepath.Join(from, "assets"))); err != nil {
		return "", fmt.Errorf("%w: run `make build`", err)
	}
	frozen := filepath.Join(dir, "wrangler.toml")
	return frozen, os.WriteFile(frozen, []byte(config), 0o600)
}

// copyModules copies the files of a folder that have one of the extensions. It fails if a file
// already exists.
func copyModules(from, to string, extensions ...string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !slices.Contains(extensions, filepath.Ext(entry.Name())) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(from, entry.Name()))
		if err != nil {
			return err
		}
		file, err := os.OpenFile(filepath.Join(to, entry.Name()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = file.Write(content)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return nil
}
