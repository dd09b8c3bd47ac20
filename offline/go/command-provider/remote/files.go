package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
)

// files copies to the file system of a remote machine.
type files struct{ sftp *sftp.Client }

// withFiles connects, calls work with the remote file system, and disconnects.
func withFiles(ctx context.Context, connection *Connection, work func(*files) error) error {
	conn, err := connection.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Client.Close() })()

	// A failed concurrent write may leave a file longer than what was written of it; each file
	// is written once, from its start, and a failure fails the resource.
	client, err := sftp.NewClient(conn.Client, sftp.UseConcurrentWrites(true))
	if err != nil {
		return err
	}
	defer client.Close()
	if err := work(&files{client}); err != nil {
		return errors.Join(err, ctx.Err())
	}
	return nil
}

// copyText writes content to the remote file dest.
func (f *files) copyText(content, dest string) error {
	if err := f.makeDir(path.Dir(dest)); err != nil {
		return err
	}
	info, err := f.stat(dest)
	if err != nil {
		return err
	}
	if info != nil && info.IsDir() {
		return fmt.Errorf("remote path %s is a directory; "+
			"when using a text asset, remotePath must be a file path", dest)
	}
	return f.write(strings.NewReader(content), dest)
}

// copyPath copies a local file or directory to dest, similar to cp -r:
//
//	source | dest is a directory | dest does not exist | dest is a file
//	-------|---------------------|---------------------|---------------
//	file   | dest/file           | dest                | dest
//	dir    | dest/dir            | dest/dir            | error
//	dir/   | members into dest   | members into dest   | error
func (f *files) copyPath(source, dest string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		if !strings.HasSuffix(source, "/") {
			dest = path.Join(dest, filepath.Base(source))
		}
		return f.copyDir(source, dest)
	}
	if err := f.makeDir(path.Dir(dest)); err != nil {
		return err
	}
	remote, err := f.stat(dest)
	if err != nil {
		return err
	}
	if remote != nil && remote.IsDir() {
		dest = path.Join(dest, filepath.Base(source))
	}
	return f.copyFile(source, dest)
}

// copyDir copies the content of source into the remote directory dest.
func (f *files) copyDir(source, dest string) error {
	return fs.WalkDir(os.DirFS(source), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := path.Join(dest, name)
		if entry.IsDir() {
			return f.makeDir(target)
		}
		return f.copyFile(filepath.Join(source, name), target)
	})
}

func (f *files) copyFile(source, dest string) error {
	local, err := os.Open(source)
	if err != nil {
		return err
	}
	defer local.Close()
	return f.write(local, dest)
}

// write creates or truncates the remote file dest and fills it. Modes are not copied.
func (f *files) write(content io.Reader, dest string) (err error) {
	remote, err := f.sftp.Create(dest)
	if err != nil {
		return fmt.Errorf("failed to create remote file %s: %w", dest, err)
	}
	defer func() { err = errors.Join(err, remote.Close()) }()
	if _, err = remote.ReadFrom(content); err != nil {
		return fmt.Errorf("failed to copy to remote path %s: %w", dest, err)
	}
	return nil
}

// makeDir makes a remote directory and its parents, if they do not exist.
func (f *files) makeDir(dir string) error {
	info, err := f.stat(dir)
	switch {
	case err != nil:
		return err
	case info == nil:
		if err := f.sftp.MkdirAll(dir); err != nil {
			return fmt.Errorf("failed to create remote directory %s: %w", dir, err)
		}
		return nil
	case !info.IsDir():
		return fmt.Errorf("remote path %s exists but is not a directory", dir)
	default:
		return nil
	}
}

// stat returns nil without an error for a path that does not exist.
func (f *files) stat(name string) (fs.FileInfo, error) {
	info, err := f.sftp.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to stat remote path %s: %w", name, err)
	}
	return info, nil
}
