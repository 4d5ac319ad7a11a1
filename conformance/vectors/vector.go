package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// vector is one line of a file: the inputs, and what they must give.
type vector struct {
	inputs
	Items json.RawMessage `json:"items"`
	outputs
}

type inputs struct {
	Name           string `json:"name"`
	Cluster        string `json:"cluster"`
	Namespace      string `json:"namespace"`
	Inventory      string `json:"inventory"`
	Timestamp      string `json:"timestamp"`
	ExportedAt     string `json:"exportedAt"`
	Generation     int64  `json:"generation"`
	MaxExportBytes int64  `json:"maxExportBytes"`
}

type outputs struct {
	Key            string    `json:"key"`
	ItemsChecksum  string    `json:"itemsChecksum"`
	BareArray      message   `json:"bareArray"`
	ExportEnvelope []message `json:"exportEnvelope"`
	Oversized      bool      `json:"oversized,omitempty"`
}

type message struct {
	Value     []byte `json:"value"`
	NatsMsgID string `json:"natsMsgId"`
}

// makeVector finds everything that the inputs must give.
func makeVector(in inputs, items json.RawMessage) (vector, error) {
	rows, err := decodeRows(items)
	if err != nil {
		return vector{}, err
	}
	bare := array(inOrder(rows))
	out := outputs{
		Key:            in.Cluster + ":" + in.Namespace + "/" + in.Inventory,
		ItemsChecksum:  checksum(bare),
		ExportEnvelope: []message{},
	}
	if out.BareArray, err = in.message(bare); err != nil {
		return vector{}, err
	}
	parts, err := in.parts(rows)
	if errors.As(err, new(oversizedError)) {
		out.Oversized = true
	} else if err != nil {
		return vector{}, err
	}
	for _, one := range parts {
		payload, err := in.payload(one)
		if err != nil {
			return vector{}, err
		}
		sent, err := in.message(payload)
		if err != nil {
			return vector{}, err
		}
		out.ExportEnvelope = append(out.ExportEnvelope, sent)
	}
	return vector{in, items, out}, nil
}

// remake reads a line, as given, and makes its vector again from the inputs alone.
func remake(line []byte) (given, made vector, err error) {
	if err = json.Unmarshal(line, &given); err != nil {
		return given, made, err
	}
	if made, err = makeVector(given.inputs, given.Items); err != nil {
		err = fmt.Errorf("%s: %w", given.Name, err)
	}
	return given, made, err
}

// line writes the vector as it stands in a file, with its newline. The items are not encoded again: their spelling
// is part of the input.
func (v vector) line() ([]byte, error) {
	head, err := marshalPlain(v.inputs)
	if err != nil {
		return nil, err
	}
	tail, err := marshalPlain(v.outputs)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{bytes.TrimSuffix(head, []byte("}")), []byte(`,"items":`), v.Items, []byte(","),
		bytes.TrimPrefix(tail, []byte("{")), []byte("\n")}, nil), nil
}

// readLines gives the lines of a file, each with its newline.
func readLines(path string) ([][]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		return nil, fmt.Errorf("%s: the file is empty, where at least one vector is needed", path)
	}
	if text[len(text)-1] != '\n' {
		return nil, fmt.Errorf("%s: the last line has no newline, the file may be cut off", path)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	return lines[:len(lines)-1], nil
}
