package main

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

const patience = 20 * time.Second

// natsSink is one connection to a NATS server; after an outage it connects again.
type natsSink struct {
	net.Conn
	lines      *bufio.Reader
	inbox      string
	count      int
	maxPayload int
	spec       spec
	secret     map[string]string
}

func (s *natsSink) stream() string {
	name := strings.ReplaceAll(s.spec.NATS.Stream, ".", "_")
	if name == "" {
		name = "kollect_events"
	}
	return name
}

func openNATS(spec spec, secret map[string]string) (publisher, error) {
	s := &natsSink{spec: spec, secret: secret}
	if err := s.connect(); err != nil {
		return nil, err
	}
	// A stream that is there gets the sink's own settings, whatever it had.
	config, _ := json.Marshal(object{"name": s.stream(), "subjects": []string{strings.TrimSpace(spec.NATS.Subject)}})
	if _, err := s.ask("$JS.API.STREAM.CREATE."+s.stream(), config, ""); err != nil {
		if _, err := s.ask("$JS.API.STREAM.UPDATE."+s.stream(), config, ""); err != nil {
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
	url = strings.Split(url, ",")[0]
	scheme, address, found := strings.Cut(url, "://")
	if !found {
		scheme, address = "nats", url
	}
	connection, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return err
	}
	connection.SetDeadline(time.Now().Add(patience))
	lines := bufio.NewReader(connection)
	line, err := lines.ReadString('\n')
	if err != nil {
		return err
	}
	info := struct {
		MaxPayload  int  `json:"max_payload"`
		TLSRequired bool `json:"tls_required"`
	}{}
	json.Unmarshal([]byte(strings.TrimPrefix(line, "INFO ")), &info)
	s.maxPayload = info.MaxPayload
	if scheme == "tls" || info.TLSRequired {
		host, _, _ := net.SplitHostPort(address)
		config, err := s.tlsConfig(host)
		if err != nil {
			return err
		}
		secure := tls.Client(connection, config)
		if err := secure.Handshake(); err != nil {
			connection.Close()
			return err
		}
		connection, lines = secure, bufio.NewReader(secure)
	}
	s.Conn, s.lines = connection, lines
	return s.login()
}

func (s *natsSink) login() error {
	name := make([]byte, 9)
	rand.Read(name)
	s.inbox = fmt.Sprintf("_INBOX.%x", name)
	login := object{"headers": true, "no_responders": true, "verbose": false}
	if token := s.secret["token"]; token != "" {
		login["auth_token"] = token
	} else if s.secret["username"] != "" {
		login["user"], login["pass"] = s.secret["username"], s.secret["password"]
	}
	options, _ := json.Marshal(login)
	fmt.Fprintf(s, "CONNECT %s\r\nSUB %s.* 1\r\nPING\r\n", options, s.inbox)
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "-ERR") {
			return errors.New("NATS refuses the connection " + strings.TrimSpace(line))
		}
		if line == "PONG\r\n" {
			return s.SetDeadline(time.Time{})
		}
	}
}

var errRefused = errors.New("JetStream refused")

// ask sends a request and waits for JetStream's answer to it.
func (s *natsSink) ask(subject string, data []byte, header string) (object, error) {
	head := ""
	if header != "" {
		head = "NATS/1.0\r\n" + header + "\r\n\r\n"
	}
	if len(head)+len(data) > s.maxPayload {
		return nil, fmt.Errorf("%w: the message is over the server's limit", errRefused)
	}
	s.SetDeadline(time.Now().Add(patience))
	s.count++
	reply := fmt.Sprintf("%s.%d", s.inbox, s.count)
	if head != "" {
		fmt.Fprintf(s, "HPUB %s %s %d %d\r\n%s%s\r\n", subject, reply, len(head), len(head)+len(data), head, data)
	} else {
		fmt.Fprintf(s, "PUB %s %s %d\r\n%s\r\n", subject, reply, len(data), data)
	}
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return nil, err
		}
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "PING" {
			io.WriteString(s, "PONG\r\n")
		}
		if words[0] != "MSG" && words[0] != "HMSG" {
			continue
		}
		size, _ := strconv.Atoi(words[len(words)-1])
		body := make([]byte, size+2)
		if _, err := io.ReadFull(s.lines, body); err != nil {
			return nil, err
		}
		if words[1] != reply {
			continue
		}
		answer := object{}
		if words[0] == "HMSG" || json.Unmarshal(body[:size], &answer) != nil {
			return nil, fmt.Errorf("%w: no stream takes the subject", errRefused)
		}
		if problem, bad := answer["error"].(object); bad {
			return nil, fmt.Errorf("%w: %v", errRefused, problem["description"])
		}
		return answer, nil
	}
}

func (s *natsSink) publish(_ string, value, payload []byte, scope string) error {
	id := fmt.Sprintf("Nats-Msg-Id: %x", sha256.Sum256(append([]byte(scope), payload...)))
	subject := strings.TrimSpace(s.spec.NATS.Subject)
	_, err := s.ask(subject, value, id)
	if err == nil || errors.Is(err, errRefused) {
		return err
	}
	s.close()
	if err := s.connect(); err != nil { // once more, under the same id
		return err
	}
	_, err = s.ask(subject, value, id)
	return err
}

func (s *natsSink) close() {
	if s.Conn != nil {
		s.Conn.Close()
	}
}
