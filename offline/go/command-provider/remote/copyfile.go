package remote

import (
	"context"
	"os"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyFile is the deprecated resource command:remote:CopyFile. It has no update, so any change
// replaces it. It does not detect changes to the file's content.
type CopyFile struct{}

var _ infer.CustomResource[CopyFileInputs, CopyFileOutputs] = (*CopyFile)(nil)

// Annotate describes the resource in the schema.
func (c *CopyFile) Annotate(a infer.Annotator) {
	a.Describe(&c, "Copies a local file to a remote machine.")
	a.Deprecate(&c, "This resource is deprecated and will be removed in a future release. "+
		"Please use the `CopyToRemote` resource instead.")
}

// CopyFileInputs are the inputs of CopyFile.
type CopyFileInputs struct {
	Connection *Connection `pulumi:"connection" provider:"secret"`
	Triggers   *[]any      `pulumi:"triggers,optional"`
	LocalPath  string      `pulumi:"localPath"`
	RemotePath string      `pulumi:"remotePath"`
}

// Annotate describes the fields in the schema.
func (c *CopyFileInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Connection, "How to connect to the machine.")
	a.Describe(&c.Triggers, "Values of any type; the resource is replaced when one of them changes.")
	a.Describe(&c.LocalPath, "The file to copy.")
	a.Describe(&c.RemotePath, "The path of the copy.")
}

// CopyFileOutputs are the state of CopyFile.
type CopyFileOutputs struct{ CopyFileInputs }

// Create copies the file.
func (*CopyFile) Create(
	ctx context.Context, req infer.CreateRequest[CopyFileInputs],
) (infer.CreateResponse[CopyFileOutputs], error) {
	resp := infer.CreateResponse[CopyFileOutputs]{Output: CopyFileOutputs{req.Inputs}}
	if req.DryRun {
		return resp, nil
	}
	source, err := os.Open(req.Inputs.LocalPath)
	if err != nil { // known before a connection is made
		return resp, err
	}
	defer source.Close()
	err = withFiles(ctx, req.Inputs.Connection, func(files *files) error {
		return files.write(source, req.Inputs.RemotePath)
	})
	if err != nil {
		return resp, err
	}
	id, err := resource.NewUniqueHex("", 8, 0)
	resp.ID = id
	return resp, err
}
