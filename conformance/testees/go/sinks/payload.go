// Package sinks is what the example and the operator's testee share: rows and envelopes as the contract spells them,
// and a connection to NATS. The standard library and nothing else.
package sinks

import (
	"encoding/json"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Object is any JSON object.
type Object = map[string]any

// An Item's fields in the order of the contract.
type Item struct {
	TargetNamespace string `json:"targetNamespace"`
	TargetName      string `json:"targetName"`
	Namespace       string `json:"namespace"`
	Name            string `json:"name"`
	Group           string `json:"group,omitempty"`
	Version         string `json:"version"`
	Kind            string `json:"kind"`
	UID             string `json:"uid"`
	Attributes      any    `json:"attributes"`
}

func (i Item) key() string {
	return strings.Join([]string{i.TargetNamespace, i.TargetName, i.Namespace, i.Name, i.UID, i.Group, i.Version, i.Kind}, "\x00")
}

// Marshal writes rows in canonical order (ORD-01).
func Marshal(items []Item) (json.RawMessage, error) {
	items = append([]Item{}, items...)
	sort.SliceStable(items, func(a, b int) bool { return items[a].key() < items[b].key() })
	return json.Marshal(items)
}

var sensitive = regexp.MustCompile(`(?i)(password|passwd|secret|token|api_?key|private_?key|credential|auth|connectionstring)$`)

// Clean makes int64 or float64 of numbers, and redacts what isSensitive says.
func Clean(value any, isSensitive func(name string, depth int) bool) any {
	return clean(value, 0, isSensitive)
}

// LooksSecret is the contract's rule (SEC-01).
func LooksSecret(name string, _ int) bool { return sensitive.MatchString(name) }

func clean(value any, depth int, isSensitive func(string, int) bool) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return whole
		}
		real, _ := v.Float64()
		return real
	case Object:
		for name, inner := range v {
			if v[name] = clean(inner, depth+1, isSensitive); isSensitive(name, depth) {
				v[name] = Object{"redacted": true, "reason": "sensitive-key"}
			}
		}
	case []any:
		for index, inner := range v {
			v[index] = clean(inner, depth+1, isSensitive)
		}
	}
	return value
}

// Envelope is one message: the payload between its labels, with a new timestamp (ENV-02).
func Envelope(cluster, namespace string, payload []byte) ([]byte, error) {
	return json.Marshal(struct {
		SchemaVersion string          `json:"schemaVersion"`
		Timestamp     string          `json:"timestamp"`
		Cluster       string          `json:"cluster"`
		Namespace     string          `json:"namespace"`
		Payload       json.RawMessage `json:"payload"`
	}{"kollect.dev/v1alpha1", time.Now().UTC().Format(time.RFC3339Nano), cluster, namespace, payload})
}
