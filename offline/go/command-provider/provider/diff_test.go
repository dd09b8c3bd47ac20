package provider_test

import (
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
)

func TestNoChangeHasNoDiff(t *testing.T) {
	e := newEngine(t, localCommand)
	inputs := m{"create": "echo c", "triggers": []any{"x", 1.0}}
	diff := e.diff(e.create(inputs), inputs, inputs)
	assert.False(t, diff.HasChanges)
	assert.Empty(t, diff.DetailedDiff)
}

// The provider names the changed element, and the SDK's replaceOnChanges on `triggers[*]`
// turns that into a replacement.
func TestAChangedTriggerShowsInTheDiff(t *testing.T) {
	e := newEngine(t, localCommand)
	before, after := m{"create": "true", "triggers": []any{"x"}}, m{"create": "true", "triggers": []any{"y"}}
	diff := e.diff(e.create(before), before, after)
	assert.Contains(t, diff.DetailedDiff, "triggers[0]")
	assert.Len(t, diff.DetailedDiff, 1)
}

// A list that appears or disappears as a whole is replaced by the provider itself.
func TestNewTriggersReplace(t *testing.T) {
	e := newEngine(t, localCommand)
	before, after := m{"create": "true"}, m{"create": "true", "triggers": []any{"y"}}
	diff := e.diff(e.create(before), before, after)
	assert.Equal(t, p.AddReplace, diff.DetailedDiff["triggers"].Kind)
}

func TestEveryOtherInputUpdates(t *testing.T) {
	changes := m{
		"create": "true", "update": "true", "delete": "true", "dir": "/", "stdin": "x", "logging": "none",
		"environment": m{"A": "b"}, "interpreter": []any{"sh"}, "assetPaths": []any{"*"}, "archivePaths": []any{"*"},
	}
	for name, value := range changes {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, localCommand)
			diff := e.diff(e.create(m{}), m{}, m{name: value})
			assert.True(t, diff.HasChanges)
			assert.Equal(t, p.Add, diff.DetailedDiff[name].Kind)
		})
	}
}

func TestAChangedConnectionUpdates(t *testing.T) {
	e := newEngine(t, remoteCommand)
	before, after := m{"connection": m{"host": "a"}}, m{"connection": m{"host": "b"}}
	diff := e.diff(e.create(before), before, after)
	assert.Equal(t, p.Update, diff.DetailedDiff["connection"].Kind)
}

func TestEveryChangeOfCopyFileReplaces(t *testing.T) {
	e := newEngine(t, copyFile)
	before := m{"connection": m{"host": "a"}, "localPath": "x", "remotePath": "y"}
	after := m{"connection": m{"host": "a"}, "localPath": "x", "remotePath": "z"}
	diff := e.diff(e.check(before), before, after)
	assert.Equal(t, p.UpdateReplace, diff.DetailedDiff["remotePath"].Kind)
}
