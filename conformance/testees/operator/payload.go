package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// An item's fields in the order of the contract.
type item struct {
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

func (i item) key() string {
	return strings.Join([]string{i.TargetNamespace, i.TargetName, i.Namespace, i.Name, i.UID, i.Group, i.Version, i.Kind}, "\x00")
}

var sensitive = regexp.MustCompile(`(?i)(password|passwd|secret|token|api_?key|private_?key|credential|auth|connectionstring)$`)

// clean makes int64 or float64 of numbers and redacts what looks secret, but for the names right under attributes.
func clean(value any, isTop bool) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return whole
		}
		real, _ := v.Float64()
		return real
	case object:
		for name, inner := range v {
			if v[name] = clean(inner, false); !isTop && sensitive.MatchString(name) {
				v[name] = object{"redacted": true, "reason": "sensitive-key"}
			}
		}
	case []any:
		for index, inner := range v {
			v[index] = clean(inner, false)
		}
	}
	return value
}

// envelope is one payload: all items of a snapshot, or one part of it.
func envelope(r request, items []item, index, total int) ([]byte, error) {
	items = append([]item(nil), items...)
	sort.SliceStable(items, func(a, b int) bool { return items[a].key() < items[b].key() })
	raw, err := json.Marshal(items)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		SchemaVersion string          `json:"schemaVersion"`
		Checksum      string          `json:"checksum"`
		Generation    int64           `json:"generation,omitempty"`
		PartIndex     int             `json:"partIndex,omitempty"`
		PartTotal     int             `json:"partTotal,omitempty"`
		ItemCount     int             `json:"itemCount"`
		ExportedAt    string          `json:"exportedAt"`
		Items         json.RawMessage `json:"items"`
	}{"kollect.dev/v1alpha1", fmt.Sprintf("%x", sha256.Sum256(raw)), r.Generation, index, total, len(items),
		r.ExportedAt, raw})
}

// split fills parts greedily with items in the order of their own JSON.
func split(r request, whole []byte) ([][]byte, error) {
	if r.MaxExportBytes == 0 || len(whole) <= r.MaxExportBytes {
		return [][]byte{whole}, nil
	}
	type row struct {
		item
		text string
	}
	rows := make([]row, len(r.Items))
	for index, one := range r.Items {
		text, err := json.Marshal(one)
		if err != nil {
			return nil, err
		}
		rows[index] = row{one, string(text)}
	}
	sort.SliceStable(rows, func(a, b int) bool { return rows[a].text < rows[b].text })
	var parts [][]item
	var part []item
	for _, one := range rows {
		candidate := append(append([]item(nil), part...), one.item)
		text, err := envelope(r, candidate, len(rows), len(rows))
		if err != nil {
			return nil, err
		}
		if len(text) > r.MaxExportBytes {
			if len(candidate) == 1 {
				return nil, fmt.Errorf("single item export envelope exceeds maxExportBytes (%d)", r.MaxExportBytes)
			}
			parts = append(parts, part)
			candidate = []item{one.item}
			if text, err = envelope(r, candidate, len(rows), len(rows)); err != nil || len(text) > r.MaxExportBytes {
				return nil, fmt.Errorf("single item export envelope exceeds maxExportBytes (%d)", r.MaxExportBytes)
			}
		}
		part = candidate
	}
	parts = append(parts, part)
	var payloads [][]byte
	for index, one := range parts {
		text, err := envelope(r, one, index+1, len(parts))
		if err != nil {
			return nil, err
		}
		payloads = append(payloads, text)
	}
	return payloads, nil
}
