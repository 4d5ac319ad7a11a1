// Today's operator behind the conformance suite's testee protocol, as far as docs/contract.md knows it: it departs
// from the contract wherever that page says that the operator does, and nowhere else. The standard library and
// nothing else.
//
// With -no-snapshot-sink it is an inventory's only kind of sink, and answers an error for a payload over 1 MiB;
// else it drops such a payload in silence, as an inventory with a snapshot sink has it.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

type object = map[string]any

type spec struct {
	Type, Cluster, Endpoint, PathTemplate string
	ConnectionTest                        *bool
	TLS                                   *struct {
		CABundle           []byte
		InsecureSkipVerify bool
	}
	Kafka *struct {
		Brokers []string
		Topic   string
	}
	NATS *struct{ URL, Subject, Stream string }
}

type request struct {
	ID             json.RawMessage
	Op             string
	Namespace      string
	Inventory      string
	Generation     int64
	ExportedAt     string
	MaxExportBytes int
	Items          []item
	Secret         map[string]string
	Manifest       struct{ Spec spec }
}

// publisher sends one message and answers when the broker has confirmed it.
type publisher interface {
	publish(key string, value, payload []byte, scope string) error
	close()
}

const largestPayload = 1 << 20

type sink struct {
	publisher
	spec            spec
	hasSnapshotSink bool
}

func open(r request, hasSnapshotSink bool) (*sink, error) {
	s := &sink{spec: r.Manifest.Spec, hasSnapshotSink: hasSnapshotSink}
	var err error
	if err = checkTemplate(s.spec.PathTemplate); err != nil {
		return nil, err
	}
	switch {
	case s.spec.Type == "kafka" && s.spec.Kafka != nil:
		s.publisher, err = openKafka(s.spec, r.Secret)
	case s.spec.Type == "nats" && s.spec.NATS != nil:
		s.publisher, err = openNATS(s.spec, r.Secret)
	default:
		err = errors.New("spec has no " + s.spec.Type)
	}
	return s, err
}

func checkTemplate(template string) error {
	if template == "" {
		return nil
	}
	if !strings.Contains(template, "{namespace}") || !strings.Contains(template, "{name}") ||
		strings.Contains(template, "..") || strings.HasPrefix(template, "/") {
		return errors.New("spec.pathTemplate must have {namespace} and {name}, and stay in its folder")
	}
	return nil
}

func (s *sink) path(r request) string {
	template := s.spec.PathTemplate
	if template == "" {
		template = "{namespace}/{name}.json"
	}
	namespace := r.Namespace
	if namespace == "" {
		namespace = "cluster"
	}
	path := strings.NewReplacer("{cluster}", strings.TrimSpace(s.spec.Cluster), "{namespace}", namespace,
		"{name}", r.Inventory, "{generation}", fmt.Sprint(r.Generation), "{extension}", "json").Replace(template)
	return strings.TrimPrefix(path, "inventory/")
}

func (s *sink) export(r request) error {
	if r.Items == nil {
		return errors.New("there is no payload to export")
	}
	if len(r.Items) == 0 {
		return nil // it never publishes an empty snapshot
	}
	for index := range r.Items {
		r.Items[index].Attributes = clean(r.Items[index].Attributes, true)
	}
	whole, err := envelope(r, r.Items, 0, 0)
	if err != nil {
		return err
	}
	if len(whole) > largestPayload && !s.hasSnapshotSink {
		return fmt.Errorf("export payload %d bytes exceeds cap %d", len(whole), largestPayload)
	}
	payloads, err := split(r, whole)
	if err != nil {
		return err
	}
	cluster, path := strings.TrimSpace(s.spec.Cluster), s.path(r)
	label := path[:strings.IndexByte(path, '/')]
	for _, payload := range payloads {
		if len(payload) > largestPayload {
			continue // without a word
		}
		value, err := json.Marshal(struct {
			SchemaVersion string          `json:"schemaVersion"`
			Timestamp     string          `json:"timestamp"`
			Cluster       string          `json:"cluster"`
			Namespace     string          `json:"namespace"`
			Payload       json.RawMessage `json:"payload"`
		}{"kollect.dev/v1alpha1", time.Now().UTC().Format(time.RFC3339Nano), cluster, label, payload})
		if err != nil {
			return err
		}
		key := cluster + "/" + label
		if err := s.publish(key, value, payload, key+"/"); err != nil {
			return err
		}
	}
	return nil
}

func answer(r request, current **sink, hasSnapshotSink bool) object {
	var err error
	switch r.Op {
	case "hello":
		return object{"ok": true, "name": "operator", "version": "today",
			"features": []string{"kafka", "nats", "tls", "scram", "redaction"}}
	case "open":
		if *current != nil {
			(*current).close()
			*current = nil
		}
		var opened *sink
		if opened, err = open(r, hasSnapshotSink); err == nil {
			*current = opened
		}
	case "export":
		if err = errors.New("no sink is open"); *current != nil {
			err = (*current).export(r)
		}
	case "close":
		if *current != nil {
			(*current).close()
			*current = nil
		}
	default:
		err = errors.New("there is no such op")
	}
	if err != nil {
		return object{"ok": false, "error": err.Error()}
	}
	return object{"ok": true}
}

func main() {
	alone := flag.Bool("no-snapshot-sink", false, "answer an error for a payload over 1 MiB")
	flag.Parse()
	var current *sink
	for input := bufio.NewReader(os.Stdin); ; {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		out := object{}
		if err := decoder.Decode(&r); err != nil {
			out = object{"ok": false, "error": err.Error()}
		} else {
			out = answer(r, &current, !*alone)
		}
		out["id"] = r.ID
		text, _ := json.Marshal(out)
		fmt.Printf("%s\n", text)
	}
}
