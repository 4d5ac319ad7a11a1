// A sink for NATS behind the conformance suite's testee protocol: the standard library and nothing else.
//
// It does not split large snapshots and has no TLS: see known-failing.txt of the testees.
package main

import (
	"encoding/json"
	"errors"
	"strings"

	"kollect.dev/conformance/testees/sinks"
)

type request struct {
	Op        string
	Namespace string
	Items     []sinks.Item
	Secret    map[string]string
	Manifest  struct {
		Spec struct {
			Cluster, Endpoint string
			TLS               any
			NATS              struct{ URL, Subject, Stream string }
		}
	}
}

type sink struct {
	*sinks.NATS
	opened request
}

func open(r request) (*sink, error) {
	spec := r.Manifest.Spec
	if spec.TLS != nil {
		return nil, errors.New("this sink has no TLS")
	}
	url, stream := spec.NATS.URL, sinks.StreamName(spec.NATS.Stream)
	if url == "" {
		url = spec.Endpoint
	}
	server, err := sinks.DialNATS(strings.Split(url, ",")[0], r.Secret, nil)
	if err != nil {
		return nil, err
	}
	s := &sink{server, r}
	if err = s.prepare(stream); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// prepare makes the stream, or adds the subject to the one that is there and leaves the rest as it is.
func (s *sink) prepare(stream string) error {
	subject := s.opened.Manifest.Spec.NATS.Subject
	answer, err := s.Ask("$JS.API.STREAM.INFO."+stream, nil, "")
	if err != nil {
		config, _ := json.Marshal(sinks.Object{"name": stream, "subjects": []string{subject}})
		_, err = s.Ask("$JS.API.STREAM.CREATE."+stream, config, "")
		return err
	}
	config := answer["config"].(sinks.Object)
	subjects, _ := config["subjects"].([]any)
	for _, one := range subjects {
		if one == subject {
			return nil
		}
	}
	config["subjects"] = append(subjects, subject)
	changed, _ := json.Marshal(config)
	_, err = s.Ask("$JS.API.STREAM.UPDATE."+stream, changed, "")
	return err
}

func (s *sink) export(r request) error {
	if r.Items == nil {
		return errors.New("there is no payload to export")
	}
	for index := range r.Items {
		r.Items[index].Attributes = sinks.Clean(r.Items[index].Attributes, sinks.LooksSecret)
	}
	payload, err := sinks.Marshal(r.Items)
	if err != nil {
		return err
	}
	cluster := strings.TrimSpace(s.opened.Manifest.Spec.Cluster)
	value, err := sinks.Envelope(cluster, r.Namespace, payload)
	if err != nil {
		return err
	}
	subject, id := s.opened.Manifest.Spec.NATS.Subject, sinks.MessageID(cluster, r.Namespace, payload)
	if _, err = s.Ask(subject, value, id); err == nil || errors.Is(err, sinks.ErrRefused) {
		return err
	}
	again, err := open(s.opened) // the connection may be gone: once more, under the same id
	if err != nil {
		return err
	}
	s.Close()
	*s = *again
	_, err = s.Ask(subject, value, id)
	return err
}

func main() {
	var current *sink
	sinks.Serve(func(r request) (sinks.Object, error) {
		switch r.Op {
		case "hello":
			return sinks.Object{"name": "go-example", "version": "1", "features": []string{"nats", "redaction"}}, nil
		case "open":
			opened, err := open(r)
			current = opened
			return nil, err
		case "export":
			if current == nil {
				return nil, errors.New("no sink is open")
			}
			return nil, current.export(r)
		case "close":
			if current != nil {
				current.Close()
			}
		}
		return nil, nil
	})
}
