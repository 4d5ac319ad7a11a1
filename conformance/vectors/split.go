package main

import "fmt"

// oversizedError says that one row alone is over the limit, so that nothing is published (MP-02).
type oversizedError struct{ limit int64 }

func (err oversizedError) Error() string {
	return fmt.Sprintf("single item export envelope exceeds maxExportBytes (%d)", err.limit)
}

// parts deals the rows out to as many parts as the limit asks for (MP-01..03). An empty snapshot is never split and
// never too large: it has to be published (DEL-02).
func (in inputs) parts(rows []row) ([]part, error) {
	whole := part{rows: rows}
	fits, err := in.fits(whole)
	if err != nil {
		return nil, err
	}
	if fits || len(rows) == 0 {
		return []part{whole}, nil
	}
	groups, err := in.groups(byBytes(rows))
	if err != nil {
		return nil, err
	}
	parts := make([]part, 0, len(groups))
	for index, group := range groups {
		parts = append(parts, part{rows: group, index: index + 1, total: len(groups)})
	}
	return parts, nil
}

// groups fills one group after the other with as many rows as fit.
func (in inputs) groups(rows []row) ([][]row, error) {
	var groups [][]row
	var current []row
	for _, one := range rows {
		candidate := append(append([]row{}, current...), one)
		fits, err := in.fits(measured(candidate, len(rows)))
		if err != nil {
			return nil, err
		}
		if fits {
			current = candidate
			continue
		}
		if fits, err = in.fits(measured([]row{one}, len(rows))); err != nil {
			return nil, err
		}
		if !fits {
			return nil, oversizedError{in.MaxExportBytes}
		}
		groups = append(groups, current)
		current = []row{one}
	}
	return append(groups, current), nil
}

// measured is a candidate part with the widest marks that it can come to have: the number of all rows, twice.
func measured(rows []row, count int) part { return part{rows: rows, index: count, total: count} }

// fits compares the payload alone, without the event envelope around it, with the limit. 0 means no limit.
func (in inputs) fits(one part) (bool, error) {
	if in.MaxExportBytes <= 0 {
		return true, nil
	}
	payload, err := in.payload(one)
	return int64(len(payload)) <= in.MaxExportBytes, err
}
