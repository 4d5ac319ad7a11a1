// A sink for NATS behind the conformance suite's testee protocol: the standard library and nothing else.
//
// It does not split large snapshots and has no TLS: see known-failing.txt beside it.
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

type object = map[string]any

// An item's fields in the order of the contract.
type item struct {
	TargetNamespace string `json:"targetNamespace"`
	TargetName      string `json:"targetName"`
	Namespace       string `json:"namespace"`
	Name            string `json:"name"`
	Group           string `json:"group,omitempty"`
	Version         string `json:"version"`
	Kind            string `json:"kind"`
	UID             string `json:"uid"`
	Attributes      any    `json:"attributes"`
}

func (i item) key() string {
	return strings.Join([]string{i.TargetNamespace, i.TargetName, i.Namespace, i.Name, i.UID, i.Group, i.Version, i.Kind}, "\x00")
}

var sensitive = regexp.MustCompile(`(?i)(password|passwd|secret|token|api_?key|private_?key|credential|auth|connectionstring)$`)

// clean makes int64 or float64 of numbers and redacts what looks secret.
func clean(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return whole
		}
		real, _ := v.Float64()
		return real
	case object:
		for name, inner := range v {
			if v[name] = clean(inner); sensitive.MatchString(name) {
				v[name] = object{"redacted": true, "reason": "sensitive-key"}
			}
		}
	case []any:
		for index, inner := range v {
			v[index] = clean(inner)
		}
	}
	return value
}

type request struct {
	ID        int
	Op        string
	Namespace string
	Items     []item
	Secret    map[string]string
	Manifest  struct {
		Spec struct {
			Cluster, Endpoint string
			TLS               any
			NATS              struct{ URL, Subject, Stream string }
		}
	}
}

// sink is one connection to a NATS server.
type sink struct {
	net.Conn
	lines      *bufio.Reader
	inbox      string
	count      int
	maxPayload int
	opened     request
}

func dial(url string, secret map[string]string) (*sink, error) {
	connection, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "nats://"), 10*time.Second)
	if err != nil {
		return nil, err
	}
	name := make([]byte, 9)
	rand.Read(name)
	s := &sink{Conn: connection, lines: bufio.NewReader(connection), inbox: fmt.Sprintf("_INBOX.%x", name)}
	line, _ := s.lines.ReadString('\n')
	info := struct {
		MaxPayload int `json:"max_payload"`
	}{}
	json.Unmarshal([]byte(strings.TrimPrefix(line, "INFO ")), &info)
	s.maxPayload = info.MaxPayload
	login := object{"headers": true, "no_responders": true, "verbose": false, "user": secret["username"], "pass": secret["password"]}
	if token := secret["token"]; token != "" {
		login = object{"headers": true, "no_responders": true, "verbose": false, "auth_token": token}
	}
	options, _ := json.Marshal(login)
	fmt.Fprintf(s, "CONNECT %s\r\nSUB %s.* 1\r\nPING\r\n", options, s.inbox)
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "-ERR") {
			return nil, errors.New("NATS refuses the connection " + strings.TrimSpace(line))
		}
		if line == "PONG\r\n" {
			return s, nil
		}
	}
}

// ask sends a request and waits for JetStream's answer to it.
func (s *sink) ask(subject string, data []byte, header string) (object, error) {
	head := ""
	if header != "" {
		head = "NATS/1.0\r\n" + header + "\r\n\r\n"
	}
	if len(head)+len(data) > s.maxPayload {
		return nil, errors.New("the message is over the server's limit")
	}
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
			return nil, errors.New("no stream takes the subject")
		}
		if problem, bad := answer["error"].(object); bad {
			return nil, fmt.Errorf("JetStream: %v", problem["description"])
		}
		return answer, nil
	}
}

func open(r request) (*sink, error) {
	spec := r.Manifest.Spec
	if spec.TLS != nil {
		return nil, errors.New("this sink has no TLS")
	}
	url, stream := spec.NATS.URL, strings.ReplaceAll(spec.NATS.Stream, ".", "_")
	if url == "" {
		url = spec.Endpoint
	}
	if stream == "" {
		stream = "kollect_events"
	}
	s, err := dial(strings.Split(url, ",")[0], r.Secret)
	if err != nil {
		return nil, err
	}
	s.opened = r
	answer, err := s.ask("$JS.API.STREAM.INFO."+stream, nil, "")
	if err != nil {
		config, _ := json.Marshal(object{"name": stream, "subjects": []string{spec.NATS.Subject}})
		_, err = s.ask("$JS.API.STREAM.CREATE."+stream, config, "")
		return s, err
	}
	config := answer["config"].(object)
	subjects, _ := config["subjects"].([]any)
	for _, subject := range subjects {
		if subject == spec.NATS.Subject {
			return s, nil
		}
	}
	config["subjects"] = append(subjects, spec.NATS.Subject)
	changed, _ := json.Marshal(config)
	_, err = s.ask("$JS.API.STREAM.UPDATE."+stream, changed, "")
	return s, err
}

func (s *sink) export(r request) error {
	if r.Items == nil {
		return errors.New("there is no payload to export")
	}
	for index := range r.Items {
		r.Items[index].Attributes = clean(r.Items[index].Attributes)
	}
	sort.SliceStable(r.Items, func(a, b int) bool { return r.Items[a].key() < r.Items[b].key() })
	payload, err := json.Marshal(r.Items)
	if err != nil {
		return err
	}
	cluster := strings.TrimSpace(s.opened.Manifest.Spec.Cluster)
	value, err := json.Marshal(struct {
		SchemaVersion string          `json:"schemaVersion"`
		Timestamp     string          `json:"timestamp"`
		Cluster       string          `json:"cluster"`
		Namespace     string          `json:"namespace"`
		Payload       json.RawMessage `json:"payload"`
	}{"kollect.dev/v1alpha1", time.Now().UTC().Format(time.RFC3339Nano), cluster, r.Namespace, payload})
	if err != nil {
		return err
	}
	name := fmt.Sprintf("Nats-Msg-Id: %x", sha256.Sum256([]byte(cluster+"/"+r.Namespace+"/"+string(payload))))
	subject := s.opened.Manifest.Spec.NATS.Subject
	if _, err = s.ask(subject, value, name); err == nil || strings.HasPrefix(err.Error(), "JetStream") {
		return err
	}
	again, err := open(s.opened) // the connection may be gone: once more, under the same id
	if err != nil {
		return err
	}
	*s = *again
	_, err = s.ask(subject, value, name)
	return err
}

func main() {
	var current *sink
	for input := bufio.NewReader(os.Stdin); ; {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		r := request{}
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		answer := object{"ok": true}
		if err = decoder.Decode(&r); err == nil {
			switch r.Op {
			case "hello":
				answer = object{"ok": true, "name": "go-example", "version": "1", "features": []string{"nats", "redaction"}}
			case "open":
				current, err = open(r)
			case "export":
				if err = errors.New("no sink is open"); current != nil {
					err = current.export(r)
				}
			case "close":
				if current != nil {
					current.Close()
				}
			}
		}
		if err != nil {
			answer = object{"ok": false, "error": err.Error()}
		}
		answer["id"] = r.ID
		text, _ := json.Marshal(answer)
		fmt.Printf("%s\n", text)
	}
}
