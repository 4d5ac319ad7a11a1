package main

import (
	"bytes"
	"encoding/json"
)

// marshal writes a value in the bytes of the contract (BYT-01..04).
func marshal(value any) ([]byte, error) { return encode(value, true) }

// marshalPlain leaves <, > and & as they are. It is for the lines of our own files only.
func marshalPlain(value any) ([]byte, error) { return encode(value, false) }

func encode(value any, escapeHTML bool) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(escapeHTML)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return shortEscapes(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}

// shortEscapes turns \u0008 and \u000c into \b and \f (BYT-03). Go does so itself since 1.22; Debian 12 has
// 1.19.
func shortEscapes(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] != '\\':
			out = append(out, text[i])
		case bytes.HasPrefix(text[i:], []byte(`\u0008`)):
			out = append(out, `\b`...)
			i += 5
		case bytes.HasPrefix(text[i:], []byte(`\u000c`)):
			out = append(out, `\f`...)
			i += 5
		default:
			// Two bytes at once: the second one may be a backslash that starts nothing.
			out = append(out, text[i], text[i+1])
			i++
		}
	}
	return out
}
