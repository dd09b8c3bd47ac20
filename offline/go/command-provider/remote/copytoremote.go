package remote

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyToRemote is the resource command:remote:CopyToRemote. Deleting it leaves the copy.
type CopyToRemote struct{}

var (
	_ infer.CustomResource[CopyToRemoteInputs, CopyToRemoteOutputs] = (*CopyToRemote)(nil)
	_ infer.CustomCheck[CopyToRemoteInputs]                         = (*CopyToRemote)(nil)
	_ infer.CustomUpdate[CopyToRemoteInputs, CopyToRemoteOutputs]   = (*CopyToRemote)(nil)
)

// Annotate describes the resource in the schema.
func (c *CopyToRemote) Annotate(a infer.Annotator) {
	a.Describe(&c, "Copies a file, a text or a directory to a remote machine.")
}

// CopyToRemoteInputs are the inputs of CopyToRemote.
type CopyToRemoteInputs struct {
	Connection *Connection          `pulumi:"connection" provider:"secret"`
	Triggers   *[]any               `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Source     types.AssetOrArchive `pulumi:"source"`
	RemotePath string               `pulumi:"remotePath"`
}

// Annotate describes the fields in the schema.
func (c *CopyToRemoteInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Connection, "How to connect to the machine.")
	a.Describe(&c.Triggers, "Values of any type; the resource is replaced when one of them changes.")
	a.Describe(&c.Source, "A FileAsset, a StringAsset or a FileArchive. It is copied as it is: archive files are not "+
		"unpacked; directories are copied with all they hold, over files that exist.")
	a.Describe(&c.RemotePath, "Where to copy to; missing parent directories are made. An existing directory gets the "+
		"source as a member, an existing file is overwritten by a file and fails a directory.")
}

// CopyToRemoteOutputs are the state of CopyToRemote.
type CopyToRemoteOutputs struct{ CopyToRemoteInputs }

// Check rejects sources that cannot be copied. A source that is still unknown in a preview passes.
func (*CopyToRemote) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[CopyToRemoteInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyToRemoteInputs](ctx, req.NewInputs)
	resp := infer.CheckResponse[CopyToRemoteInputs]{Inputs: inputs, Failures: failures}
	if err != nil || req.NewInputs.Get("source").HasComputed() {
		return resp, err
	}
	fail := func(property, reason string) {
		resp.Failures = append(resp.Failures, p.CheckFailure{Property: property, Reason: reason})
	}
	asset, archive := inputs.Source.Asset, inputs.Source.Archive
	if asset != nil && archive != nil {
		fail("asset", "only one of asset or archive can be set")
	}
	if asset == nil && archive == nil {
		fail("asset", "either asset or archive must be set")
	}
	if asset != nil && !asset.IsPath() && !asset.IsText() {
		fail("asset", "asset must be a path-based file asset or a text asset")
	}
	if archive != nil && !archive.IsPath() {
		fail("archive", "archive must be a path to a file or directory")
	}
	return resp, nil
}

// Create copies the source.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyToRemoteInputs],
) (infer.CreateResponse[CopyToRemoteOutputs], error) {
	resp := infer.CreateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}
	if req.DryRun {
		return resp, nil
	}
	if err := req.Inputs.copy(ctx); err != nil {
		return resp, err
	}
	id, err := resource.NewUniqueHex("", 8, 0)
	resp.ID = id
	return resp, err
}

// Update copies again if the content of the source or the remote path has changed. As in the
// official provider, it copies nothing if only the connection has changed.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyToRemoteInputs, CopyToRemoteOutputs],
) (infer.UpdateResponse[CopyToRemoteOutputs], error) {
	resp := infer.UpdateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}
	same := req.Inputs.hash() == req.State.hash() && req.Inputs.RemotePath == req.State.RemotePath
	if req.DryRun || same {
		return resp, nil
	}
	return resp, req.Inputs.copy(ctx)
}

// hash identifies the content of the source; the engine computes it.
func (c *CopyToRemoteInputs) hash() string {
	switch {
	case c.Source.Archive != nil:
		return c.Source.Archive.Hash
	case c.Source.Asset != nil:
		return c.Source.Asset.Hash
	default:
		return "" // unknown, in a preview
	}
}

func (c *CopyToRemoteInputs) copy(ctx context.Context) error {
	return withFiles(ctx, c.Connection, func(files *files) error {
		switch asset := c.Source.Asset; {
		case asset == nil:
			return files.copyPath(c.Source.Archive.Path, c.RemotePath)
		case asset.IsText():
			return files.copyText(asset.Text, c.RemotePath)
		default:
			return files.copyPath(asset.Path, c.RemotePath)
		}
	})
}
