package main

import (
	"bytes"
	"fmt"
)

// checkLine makes the vector of a line again and names the first difference; nil where there is none.
func checkLine(line []byte) error {
	given, wanted, err := remake(line)
	if err != nil {
		return err
	}
	if err := compareOutputs(given.outputs, wanted.outputs); err != nil {
		return fmt.Errorf("%s: %w", given.Name, err)
	}
	// What is left are spelling, the order of fields, and fields that no vector has.
	text, err := wanted.line()
	if err != nil {
		return fmt.Errorf("%s: %w", given.Name, err)
	}
	if err := compareBytes("line", line, text); err != nil {
		return fmt.Errorf("%s: %w", given.Name, err)
	}
	return nil
}

func compareOutputs(given, wanted outputs) error {
	if err := compareText("key", given.Key, wanted.Key); err != nil {
		return err
	}
	if err := compareText("itemsChecksum", given.ItemsChecksum, wanted.ItemsChecksum); err != nil {
		return err
	}
	if err := compareMessages("bareArray", given.BareArray, wanted.BareArray); err != nil {
		return err
	}
	if given.Oversized != wanted.Oversized {
		return fmt.Errorf("oversized is %t, must be %t", given.Oversized, wanted.Oversized)
	}
	if len(given.ExportEnvelope) != len(wanted.ExportEnvelope) {
		return fmt.Errorf("exportEnvelope has %d parts, must have %d", len(given.ExportEnvelope),
			len(wanted.ExportEnvelope))
	}
	for index, sent := range given.ExportEnvelope {
		field := fmt.Sprintf("exportEnvelope[%d]", index)
		if err := compareMessages(field, sent, wanted.ExportEnvelope[index]); err != nil {
			return err
		}
	}
	return nil
}

func compareMessages(field string, given, wanted message) error {
	if err := compareBytes(field+".value", given.Value, wanted.Value); err != nil {
		return err
	}
	return compareText(field+".natsMsgId", given.NatsMsgID, wanted.NatsMsgID)
}

func compareText(field, given, wanted string) error {
	return compareBytes(field, []byte(given), []byte(wanted))
}

func compareBytes(field string, given, wanted []byte) error {
	if bytes.Equal(given, wanted) {
		return nil
	}
	offset := 0
	for offset < len(given) && offset < len(wanted) && given[offset] == wanted[offset] {
		offset++
	}
	return fmt.Errorf("%s differs at byte %d: is %q, must be %q", field, offset, excerpt(given, offset),
		excerpt(wanted, offset))
}

// excerpt shows the bytes around an offset.
func excerpt(text []byte, offset int) []byte {
	const before, after = 20, 40
	start, end := offset-before, offset+after
	if start < 0 {
		start = 0
	}
	if end > len(text) {
		end = len(text)
	}
	return text[start:end]
}
