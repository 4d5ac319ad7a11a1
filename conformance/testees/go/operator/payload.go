package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sort"

	"kollect.dev/conformance/testees/sinks"
)

// mayBeSecret passes over the names right under attributes.
func mayBeSecret(name string, depth int) bool { return depth > 0 && sinks.LooksSecret(name, depth) }

// envelope is one payload: all items of a snapshot, or one part of it.
func envelope(r request, items []sinks.Item, index, total int) ([]byte, error) {
	raw, err := sinks.Marshal(items)
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
		sinks.Item
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
	var parts [][]sinks.Item
	var part []sinks.Item
	for _, one := range rows {
		candidate := append(append([]sinks.Item(nil), part...), one.Item)
		text, err := envelope(r, candidate, len(rows), len(rows))
		if err != nil {
			return nil, err
		}
		if len(text) > r.MaxExportBytes {
			if len(candidate) == 1 {
				return nil, fmt.Errorf("single item export envelope exceeds maxExportBytes (%d)", r.MaxExportBytes)
			}
			parts = append(parts, part)
			candidate = []sinks.Item{one.Item}
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
