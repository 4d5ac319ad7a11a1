package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"strings"

	"kollect.dev/conformance/testees/sinks"
)

// natsSink is one connection to a NATS server; after an outage it connects again.
type natsSink struct {
	server *sinks.NATS
	spec   spec
	secret map[string]string
}

func openNATS(spec spec, secret map[string]string) (publisher, error) {
	s := &natsSink{spec: spec, secret: secret}
	if err := s.connect(); err != nil {
		return nil, err
	}
	// A stream that is there gets the sink's own settings, whatever it had.
	stream := sinks.StreamName(spec.NATS.Stream)
	config, _ := json.Marshal(sinks.Object{"name": stream, "subjects": []string{strings.TrimSpace(spec.NATS.Subject)}})
	if _, err := s.server.Ask("$JS.API.STREAM.CREATE."+stream, config, ""); err != nil {
		if _, err := s.server.Ask("$JS.API.STREAM.UPDATE."+stream, config, ""); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *natsSink) tlsConfig(host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if s.spec.TLS == nil {
		return config, nil
	}
	config.InsecureSkipVerify = s.spec.TLS.InsecureSkipVerify
	if len(s.spec.TLS.CABundle) != 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(s.spec.TLS.CABundle) {
			return nil, errors.New("spec.tls.caBundle has no certificate")
		}
	}
	return config, nil
}

func (s *natsSink) connect() error {
	url := strings.TrimSpace(s.spec.NATS.URL)
	if url == "" {
		url = s.spec.Endpoint
	}
	server, err := sinks.DialNATS(strings.Split(url, ",")[0], s.secret, s.tlsConfig)
	if err == nil {
		s.server = server
	}
	return err
}

func (s *natsSink) publish(m message) error {
	subject, id := strings.TrimSpace(s.spec.NATS.Subject), sinks.MessageID(m.cluster, m.namespace, m.payload)
	_, err := s.server.Ask(subject, m.value, id)
	if err == nil || errors.Is(err, sinks.ErrRefused) {
		return err
	}
	s.close()
	if err := s.connect(); err != nil { // once more, under the same id
		return err
	}
	_, err = s.server.Ask(subject, m.value, id)
	return err
}

func (s *natsSink) close() { s.server.Close() }
