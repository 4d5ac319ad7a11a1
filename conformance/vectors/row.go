package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// item is one row of a snapshot, its fields in the order in which they are sent (ROW-01, ROW-02).
type item struct {
	TargetNamespace string         `json:"targetNamespace"`
	TargetName      string         `json:"targetName"`
	Namespace       string         `json:"namespace"`
	Name            string         `json:"name"`
	Group           string         `json:"group,omitempty"`
	Version         string         `json:"version"`
	Kind            string         `json:"kind"`
	UID             string         `json:"uid"`
	Attributes      map[string]any `json:"attributes"`
}

// row is an item in its final bytes, with the text that it is sorted by (ORD-01).
type row struct {
	order string
	bytes []byte
}

// decodeRows reads the items of a vector; the rows keep the order of the text.
func decodeRows(text []byte) ([]row, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	var items []item
	if err := decoder.Decode(&items); err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	if items == nil {
		return nil, errors.New("items: null, where an array is needed")
	}
	rows := make([]row, 0, len(items))
	for index, one := range items {
		encoded, err := encodeRow(one)
		if err != nil {
			return nil, fmt.Errorf("items[%d]: %w", index, err)
		}
		rows = append(rows, encoded)
	}
	return rows, nil
}

func encodeRow(one item) (row, error) {
	for key, value := range one.Attributes {
		resolved, err := resolveNumbers(value)
		if err != nil {
			return row{}, fmt.Errorf("attributes[%q]: %w", key, err)
		}
		one.Attributes[key] = resolved
	}
	text, err := marshal(one)
	if err != nil {
		return row{}, err
	}
	order := strings.Join([]string{one.TargetNamespace, one.TargetName, one.Namespace, one.Name, one.UID,
		one.Group, one.Version, one.Kind}, "\x00")
	return row{order: order, bytes: text}, nil
}

// resolveNumbers replaces each json.Number, at every depth: by an int64 where it is an integer that fits, else by a
// double (BYT-04).
func resolveNumbers(value any) (any, error) {
	var err error
	switch typed := value.(type) {
	case json.Number:
		return resolveNumber(typed.String())
	case []any:
		for index := range typed {
			if typed[index], err = resolveNumbers(typed[index]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range typed {
			if typed[key], err = resolveNumbers(typed[key]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

func resolveNumber(text string) (any, error) {
	if integer, err := strconv.ParseInt(text, 10, 64); err == nil {
		return integer, nil
	}
	return strconv.ParseFloat(text, 64)
}

// inOrder gives the rows sorted as ORD-01 says. Rows that are equal in all eight fields are sorted by their bytes,
// so that the order of the input never shows.
func inOrder(rows []row) []row {
	sorted := append([]row{}, rows...)
	sort.SliceStable(sorted, func(i, j int) bool {
		if sorted[i].order != sorted[j].order {
			return sorted[i].order < sorted[j].order
		}
		return bytes.Compare(sorted[i].bytes, sorted[j].bytes) < 0
	})
	return sorted
}

// byBytes gives the rows sorted by their own JSON, as they are dealt out to parts (MP-01).
func byBytes(rows []row) []row {
	sorted := append([]row{}, rows...)
	sort.SliceStable(sorted, func(i, j int) bool { return bytes.Compare(sorted[i].bytes, sorted[j].bytes) < 0 })
	return sorted
}

// array writes the rows as one JSON array, in the order in which they stand.
func array(rows []row) []byte {
	texts := make([][]byte, 0, len(rows))
	for _, one := range rows {
		texts = append(texts, one.bytes)
	}
	return append(append([]byte{'['}, bytes.Join(texts, []byte{','})...), ']')
}
