// Today's operator behind the conformance suite's testee protocol, as far as docs/contract.md knows it: it departs
// from the contract wherever that page says that the operator does, and nowhere else. The standard library and
// nothing else.
//
// With -no-snapshot-sink it is an inventory's only kind of sink, and answers an error for a payload over 1 MiB;
// else it drops such a payload in silence, as an inventory with a snapshot sink has it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"

	"kollect.dev/conformance/testees/sinks"
)

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
	Op             string
	Namespace      string
	Inventory      string
	Generation     int64
	ExportedAt     string
	MaxExportBytes int
	Items          []sinks.Item
	Secret         map[string]string
	Manifest       struct{ Spec spec }
}

type message struct {
	cluster, namespace string // its labels
	value, payload     []byte
}

// publisher sends one message and answers when the broker has confirmed it.
type publisher interface {
	publish(message) error
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
		r.Items[index].Attributes = sinks.Clean(r.Items[index].Attributes, mayBeSecret)
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
		value, err := sinks.Envelope(cluster, label, payload)
		if err != nil {
			return err
		}
		if err := s.publish(message{cluster, label, value, payload}); err != nil {
			return err
		}
	}
	return nil
}

func answer(r request, current **sink, hasSnapshotSink bool) (sinks.Object, error) {
	switch r.Op {
	case "hello":
		return sinks.Object{"name": "operator", "version": "today",
			"features": []string{"kafka", "nats", "tls", "scram", "redaction"}}, nil
	case "open":
		if *current != nil {
			(*current).close()
			*current = nil
		}
		opened, err := open(r, hasSnapshotSink)
		if err == nil {
			*current = opened
		}
		return nil, err
	case "export":
		if *current == nil {
			return nil, errors.New("no sink is open")
		}
		return nil, (*current).export(r)
	case "close":
		if *current != nil {
			(*current).close()
			*current = nil
		}
		return nil, nil
	}
	return nil, errors.New("there is no such op")
}

func main() {
	alone := flag.Bool("no-snapshot-sink", false, "answer an error for a payload over 1 MiB")
	flag.Parse()
	var current *sink
	sinks.Serve(func(r request) (sinks.Object, error) { return answer(r, &current, !*alone) })
}
