package local

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// rule is one pattern; rules apply in order, so that a later one undoes an earlier one.
type rule struct {
	pattern glob.Glob
	exclude bool
}

func compileRules(patterns []string) ([]rule, error) {
	rules := make([]rule, 0, len(patterns))
	for _, text := range patterns {
		bare, exclude := strings.CutPrefix(text, "!")
		pattern, err := glob.Compile(bare, '/')
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule{pattern, exclude})
	}
	return rules, nil
}

// findAssets returns the files below dir that patterns select, by path relative to dir.
func findAssets(dir string, patterns []string) (map[string]types.AssetOrArchive, error) {
	rules, err := compileRules(patterns)
	if err != nil {
		return nil, err
	}
	assets := map[string]types.AssetOrArchive{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !selected(rules, name) {
			return err
		}
		asset, err := resource.NewPathAsset(path.Join(dir, name))
		assets[name] = types.AssetOrArchive{Asset: asset}
		return err
	})
	if err != nil {
		return nil, err
	}
	return assets, nil
}

// selected reports whether the last matching rule selects a file.
func selected(rules []rule, name string) bool {
	included := false
	for _, r := range rules {
		if r.pattern.Match(name) {
			included = !r.exclude
		}
	}
	return included
}

// findArchive returns the files that patterns select as one archive.
func findArchive(dir string, patterns []string) (*resource.Archive, error) {
	assets, err := findAssets(dir, patterns)
	if err != nil {
		return nil, err
	}
	members := make(map[string]any, len(assets))
	for name, asset := range assets {
		members[name] = asset.Asset
	}
	return resource.NewAssetArchive(members)
}
