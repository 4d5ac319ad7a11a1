package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// deepNesting is more than what JSON readers that stop at 32 levels take.
const deepNesting = 60

// value writes any JSON value, nested at most so deep.
func (source randomSource) value(depth int) string {
	kinds := 6
	if depth > 0 {
		kinds = 9
	}
	switch source.Intn(kinds) {
	case 0:
		return []string{"null", "true", "false"}[source.Intn(3)]
	case 1, 2:
		return source.quoted(source.text())
	case 3, 4, 5:
		return source.number()
	case 6:
		return source.object(depth - 1)
	case 7:
		return source.array(depth - 1)
	default:
		if source.chance(20) {
			levels := deepNesting / 2
			return strings.Repeat(`[{"":`, levels) + source.value(0) + strings.Repeat("}]", levels)
		}
		return source.object(depth - 1)
	}
}

func (source randomSource) array(depth int) string {
	values := make([]string, source.Intn(4))
	for index := range values {
		values[index] = source.value(depth)
	}
	return "[" + strings.Join(values, ",") + "]"
}

// object has short keys, so that one key can come twice: the last one counts.
func (source randomSource) object(depth int) string {
	size := source.Intn(5)
	if depth == 0 && source.chance(15) {
		size = 30
	}
	members := make([]string, size)
	for index := range members {
		members[index] = source.quoted(source.text()) + ":" + source.value(depth)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// alphabet has a character of every class that BYT-03 or sorting can tell apart.
const alphabet = "abZ09 .-_:/\"\\<>&'`" +
	"\x00\x01\b\t\n\v\f\r\x1b\x1f\x7f\u0080\u0085\u00a0" +
	"éß\u07ff\u0800漢\u2027\u2028\u2029\u202a\ud7ff\ue000\ufeff\ufffd\ufffe\uffff😀\U00010000\U0010ffff"

// text is a string of a few characters, often empty.
func (source randomSource) text() string {
	length := source.Intn(8)
	if source.chance(50) {
		length = 300
	}
	choices := []rune(alphabet)
	runes := make([]rune, length)
	for index := range runes {
		runes[index] = choices[source.Intn(len(choices))]
	}
	return string(runes)
}

// quoted spells a string as JSON, each character in one of its ways, with a lone surrogate now and then.
func (source randomSource) quoted(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, one := range text {
		if source.chance(40) {
			out.WriteString(source.loneSurrogate())
		}
		out.WriteString(source.spelled(one))
	}
	out.WriteByte('"')
	return out.String()
}

func (source randomSource) spelled(one rune) string {
	const short = "\"\\/\b\f\n\r\t"
	const letters = `"\/bfnrt`
	if index := strings.IndexRune(short, one); index >= 0 && source.chance(2) {
		return `\` + letters[index:index+1]
	}
	if needsEscape := one < 0x20 || one == '"' || one == '\\'; !needsEscape && !source.chance(3) {
		return string(one)
	}
	if high, low := utf16.EncodeRune(one); one > 0xffff {
		return source.unicodeEscape(high) + source.unicodeEscape(low)
	}
	return source.unicodeEscape(one)
}

// unicodeEscape writes \uXXXX, with hex digits of either case.
func (source randomSource) unicodeEscape(unit rune) string {
	if source.chance(2) {
		return fmt.Sprintf(`\u%04X`, unit)
	}
	return fmt.Sprintf(`\u%04x`, unit)
}

// loneSurrogate is half a pair, or a pair the wrong way round. A first half never ends it, or it could find its
// second one in what follows.
func (source randomSource) loneSurrogate() string {
	high := source.unicodeEscape(0xd800 + rune(source.Intn(0x400)))
	low := source.unicodeEscape(0xdc00 + rune(source.Intn(0x400)))
	spellings := []string{low, high + "x", low + high + "x", high + high + "x", high + `\n`, high + `\u0041`}
	return spellings[source.Intn(len(spellings))]
}

// number writes a number that a double can hold, in any spelling that JSON allows.
func (source randomSource) number() string {
	sign := []string{"", "-"}[source.Intn(2)]
	switch source.Intn(9) {
	case 0:
		return sign + strconv.Itoa(source.Intn(1000))
	case 1:
		return strconv.FormatInt(int64(source.Uint64()), 10)
	case 2:
		return strconv.FormatUint(source.Uint64(), 10)
	case 3:
		edges := strings.Fields(edgeNumbers)
		return sign + edges[source.Intn(len(edges))]
	case 4:
		return sign + strconv.Itoa(1+source.Intn(9)) + source.digits(source.Intn(40))
	case 5:
		return sign + strconv.Itoa(source.Intn(100)) + "." + source.digits(1+source.Intn(30))
	case 6:
		fraction := source.digits(1 + source.Intn(20))
		return sign + strconv.Itoa(source.Intn(10)) + "." + fraction + source.exponent(300)
	case 7:
		return sign + strconv.Itoa(source.Intn(100)) + source.exponent(25)
	default:
		return source.double()
	}
}

// edgeNumbers lie where the notation changes, where an int64 ends, and where a double does.
const edgeNumbers = "0 0.0 0e5 1.0 1e0 10E-1 1e6 0.000001 0.00000099999999999999999 1e-6 9.99e-7 1e-7 " +
	"1e20 1e21 999999999999999900000 999999999999999999999 1000000000000000000000 123456789012345678901 " +
	"9007199254740992 9007199254740993 9007199254740993.0 9223372036854775807 9223372036854775808 " +
	"9223372036854775809 9223372036854775807.0 18446744073709551615 18446744073709551616 " +
	"1.7976931348623157e308 2.2250738585072014e-308 2.2250738585072011e-308 4.9e-324 5e-324 1e-400 " +
	"2.4703282292062327e-324 2.4703282292062328e-324 0.1 0.30000000000000004 1e23 8.5e22 1e007 1E+02"

func (source randomSource) digits(count int) string {
	out := make([]byte, count)
	for index := range out {
		out[index] = byte('0' + source.Intn(10))
	}
	return string(out)
}

// exponent writes an exponent between -limit and limit in one of its spellings.
func (source randomSource) exponent(limit int) string {
	letter := []string{"e", "E"}[source.Intn(2)]
	sign := []string{"", "+", "-"}[source.Intn(3)]
	zeros := []string{"", "", "0", "00"}[source.Intn(4)]
	return letter + sign + zeros + strconv.Itoa(source.Intn(limit+1))
}

// double is any double by its bits, as short as can be, or with more digits than needed.
func (source randomSource) double() string {
	value := math.Float64frombits(source.Uint64())
	if math.IsInf(value, 0) || math.IsNaN(value) {
		value = math.MaxFloat64
	}
	precision := []int{-1, 17, 25}[source.Intn(3)]
	return strconv.FormatFloat(value, "eEfg"[source.Intn(4)], precision, 64)
}
