package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// namedCase is a vector of fixed.jsonl before it is made: the items are JSON text, spelled as they go into the
// file.
type namedCase struct {
	inputs
	items string
}

// fixedCases gives the cases of fixed.jsonl in the order of the file.
func fixedCases() []namedCase {
	plain := items(deployment("api", "{}"))
	cases := []namedCase{
		usual("one-row", items(deployment("api", `{"replicas":2}`))),
		usual("empty-snapshot", items()),
		usual("attributes-null", items(deployment("api", "null"))),
		usual("attributes-empty", plain),
		usual("core-kind-omits-group", items(`{"targetNamespace":"team-a","targetName":"svc",`+
			`"namespace":"team-a","name":"s","version":"v1","kind":"Service","uid":"u1","attributes":{}}`)),
		usual("cluster-scoped-row", items(`{"targetNamespace":"team-a","targetName":"ns","namespace":"",`+
			`"name":"n","version":"v1","kind":"Namespace","uid":"u1","attributes":{}}`)),
		usual("unsorted-rows", items(deployment("c", `{"z":1,"a":{"y":1,"b":2},"m":[{"q":1,"p":2}]}`),
			deployment("a", "{}"), deployment("b", "{}"))),
	}
	cases = append(cases, textCases()...)
	cases = append(cases, numberCases()...)
	cases = append(cases,
		usual("nested", items(deployment("api",
			`{"a":[[],{},[{"b":[null,true,false]}]],"c":{"d":{"e":{"f":[1,2,3]}}}}`))),
		usual("duplicate-names-differ-by-uid", items(deploymentWithUID("uid-2", "api", "{}"),
			deployment("api", "{}"))),
		usual("sort-is-bytewise", items(deployment("é", "{}"), deployment("z", "{}"), deployment("Z", "{}"),
			deployment("a-b", "{}"), deployment("a", "{}"), deployment("a.b", "{}"))),
		usual("map-keys-bytewise", items(deployment("api",
			`{"é":1,"z":2,"Z":3,"_":4,"10":5,"9":6,"":7,"\ud83d\ude00":8,"\uffff":9}`))),
	)
	cases = append(cases, labelCases(plain)...)
	return append(cases,
		usual("multipart", paddedItems(40)).limited(2000),
		usual("fits-exactly-one-part", paddedItems(5)).limited(100000),
		usual("single-row-too-large", paddedItems(40)).limited(450))
}

// textCases are about the escapes of BYT-03.
func textCases() []namedCase {
	return []namedCase{
		usual("html-characters", items(deployment("api", `{"x<y":"<a href=\"q\">&amp;</a>","k>":">"}`))),
		usual("line-separators", items(deployment("api", `{"s":"a\u2028b\u2029c"}`))),
		usual("control-characters", items(deployment("api",
			`{"s":"\u0000\u0001\b\t\n\u000b\f\r\u001f\u007f\"\\/"}`))),
		usual("unicode", items(deployment("api", `{"s":"é ü 漢字 😀 \ud83d\ude00 \u00e9","ключ":"значение"}`))),
		usual("lone-surrogate-becomes-fffd", items(deployment("api", `{"s":"a\ud800b"}`))),
	}
}

// numberCases are about BYT-04.
func numberCases() []namedCase {
	return []namedCase{
		usual("integers", items(deployment("api", `{"a":0,"b":-1,"c":9007199254740993,"d":9223372036854775807,`+
			`"e":-9223372036854775808,"f":9223372036854775808,"g":18446744073709551615,`+
			`"h":123456789012345678901234567890}`))),
		usual("floats", items(deployment("api", `{"a":0.1,"b":1.0,"c":-0.0,"d":1e20,"e":1e21,"f":123456789.125,`+
			`"g":1e-6,"h":1e-7,"i":1.5e300,"j":5e-324,"k":0.000001234,"l":1e-9,"m":100000000000000000000,`+
			`"n":2.5E+3,"o":-0,"p":3.0e-10}`))),
	}
}

// labelCases have the same row and differ in what stands around it.
func labelCases(plain string) []namedCase {
	cluster := usual("empty-cluster-label", plain)
	cluster.Cluster = ""
	fraction := usual("fractional-timestamp", plain)
	fraction.Timestamp, fraction.ExportedAt = "2026-01-15T12:00:00.12345Z", "2026-01-15T12:00:00.1Z"
	generation := usual("generation-zero-omitted", plain)
	generation.Generation = 0
	escapes := usual("escapes-in-labels", plain)
	escapes.Cluster, escapes.Namespace = "a<b>&\"\\é\u2028", "n/\t"
	return []namedCase{cluster, fraction, generation, escapes}
}

// usual is a case whose inputs around the items are those that most cases share.
func usual(name, items string) namedCase {
	return namedCase{
		inputs: inputs{
			Name: name, Cluster: "prod-west", Namespace: "team-a", Inventory: "all",
			Timestamp: "2026-01-15T12:00:00Z", ExportedAt: "2026-01-15T12:00:00Z", Generation: 3,
		},
		items: items,
	}
}

func (one namedCase) limited(maxExportBytes int64) namedCase {
	one.MaxExportBytes = maxExportBytes
	return one
}

func (one namedCase) vector() (vector, error) {
	return makeVector(one.inputs, json.RawMessage(one.items))
}

func items(rows ...string) string { return "[" + strings.Join(rows, ",") + "]" }

func deployment(name, attributes string) string {
	return deploymentWithUID("uid-"+name, name, attributes)
}

// deploymentWithUID is a row whose keys are not in the order in which they are sent.
func deploymentWithUID(uid, name, attributes string) string {
	return `{"uid":"` + uid + `","kind":"Deployment","version":"v1","group":"apps","name":"` + name +
		`","namespace":"team-a","targetName":"deployments","targetNamespace":"team-a","attributes":` +
		attributes + `}`
}

// paddedItems are rows of growing length.
func paddedItems(count int) string {
	rows := make([]string, 0, count)
	for index := 0; index < count; index++ {
		attributes := fmt.Sprintf(`{"n":%d,"pad":"%s"}`, index, strings.Repeat("x", 7*index))
		rows = append(rows, deployment(fmt.Sprintf("api-%d", index), attributes))
	}
	return items(rows...)
}
