package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"strings"
	"time"
)

// randomSource makes cases that depend on nothing but the seed and how many were made before.
type randomSource struct{ *rand.Rand }

func newRandomSource(seed int64) randomSource {
	return randomSource{rand.New(rand.NewSource(seed))}
}

// chance is true in one of so many calls.
func (source randomSource) chance(one int) bool { return source.Intn(one) == 0 }

func (source randomSource) vector(name string) (vector, error) {
	in := inputs{
		Name:       name,
		Cluster:    strings.TrimSpace(source.text()), // trimmed before it gets here (ENV-06)
		Namespace:  source.text(),
		Inventory:  source.text(),
		Timestamp:  source.instant(),
		ExportedAt: source.instant(),
		Generation: source.generation(),
	}
	items := json.RawMessage(source.items())
	if !source.chance(2) {
		return makeVector(in, items)
	}
	rows, err := decodeRows(items)
	if err != nil {
		return vector{}, err
	}
	if in.MaxExportBytes, err = source.limit(in, rows); err != nil {
		return vector{}, err
	}
	return makeVector(in, items)
}

// limit gives a maxExportBytes from far too small to more than enough, often one byte beside a decision: at the
// size of the whole snapshot, or of a candidate part.
func (source randomSource) limit(in inputs, rows []row) (int64, error) {
	whole, err := in.payload(part{rows: rows})
	if err != nil {
		return 0, err
	}
	beside := int64(source.Intn(3) - 1)
	switch {
	case source.chance(3):
		return int64(len(whole)) + beside, nil
	case len(rows) > 0 && source.chance(2):
		first := source.Intn(len(rows))
		last := first + 1 + source.Intn(len(rows)-first)
		candidate, err := in.payload(measured(byBytes(rows)[first:last], len(rows)))
		return int64(len(candidate)) + beside, err
	default:
		return int64(1 + source.Intn(len(whole)+len(whole)/4)), nil
	}
}

func (source randomSource) generation() int64 {
	if source.chance(10) {
		return source.Int63()
	}
	return int64(source.Intn(5))
}

// instant is a time of this century, with 0 to 9 digits after the point, trailing zeros trimmed (ENV-05).
func (source randomSource) instant() string {
	seconds := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix() + source.Int63n(100*365*24*3600)
	unit := int64(math.Pow10(source.Intn(10)))
	return time.Unix(seconds, source.Int63n(1e9)/unit*unit).UTC().Format(time.RFC3339Nano)
}

// items writes the rows of a snapshot as JSON text.
func (source randomSource) items() string {
	count := source.Intn(12)
	if source.chance(20) {
		count = 100
	}
	rows := make([]string, 0, count)
	for len(rows) < count {
		fields := source.fields()
		rows = append(rows, source.row(fields))
		// Now and then a second row with the same identity and other attributes, or its exact double.
		if source.chance(40) {
			rows = append(rows, source.row(fields))
		}
		if source.chance(30) {
			rows = append(rows, rows[len(rows)-1])
		}
	}
	source.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return items(rows...)
}

// fields are the members of a row without its attributes, spelled as JSON.
func (source randomSource) fields() []string {
	fields := []string{
		`"targetNamespace":` + source.quoted(source.text()),
		`"targetName":` + source.quoted(source.text()),
		`"namespace":` + source.quoted(source.text()),
		`"name":` + source.quoted(source.text()),
		`"version":"v1"`,
		`"kind":` + source.quoted(source.text()),
		fmt.Sprintf(`"uid":"%08x"`, source.Uint32()),
	}
	switch source.Intn(3) {
	case 0:
		fields = append(fields, `"group":""`)
	case 1:
		fields = append(fields, `"group":`+source.quoted(source.text()))
	}
	return fields
}

// row writes the fields and new attributes in any order.
func (source randomSource) row(fields []string) string {
	attributes := "null"
	if !source.chance(8) {
		attributes = source.object(source.Intn(4))
	}
	members := append([]string{`"attributes":` + attributes}, fields...)
	source.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return "{" + strings.Join(members, ",") + "}"
}
